#include "baton/api/json_writer.hpp"

#include "baton/codec/json.hpp"

#include <algorithm>

namespace baton::api {

void JsonWriter::separate() {
    if (after_value_) out_ += ',';
    after_value_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    out_ += bracket;
    after_value_ = false;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    out_ += bracket;
    after_value_ = true;
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    after_value_ = false;
    return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
    separate();
    const auto plain = [](char c) {
        return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
    };
    if (std::all_of(value.begin(), value.end(), plain)) {
        out_ += '"';
        out_ += value;
        out_ += '"';
    } else {
        out_ += codec::quote_json(value);
    }
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace baton::api

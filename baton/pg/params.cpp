#include "baton/pg/params.hpp"

#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::pg {

Params& Params::add_null() {
    values_.emplace_back();
    return *this;
}
Params& Params::add(std::string_view text) {
    require_no_zero_byte(text);
    values_.emplace_back(std::in_place, text);
    return *this;
}
Params& Params::add(bool value) {
    values_.emplace_back(value ? "t" : "f");
    return *this;
}
Params& Params::add(std::int64_t value) {
    values_.emplace_back(std::to_string(value));
    return *this;
}
Params& Params::add(std::uint64_t value) {
    values_.emplace_back(std::to_string(value));
    return *this;
}
Params& Params::add(const BigInt& value) {
    values_.emplace_back(to_decimal(value));
    return *this;
}
Params& Params::add(BytesView value) {
    values_.emplace_back("\\x" + to_hex(value));
    return *this;
}
Params& Params::add(const Uuid& value) {
    values_.emplace_back(value.to_string());
    return *this;
}
Params& Params::add(WallTime value) {
    values_.emplace_back(timestamp_text(value));
    return *this;
}

Params& Params::add_binary(std::string bytes) {
    binary_.resize(values_.size());
    binary_.push_back(true);
    values_.emplace_back(std::move(bytes));
    return *this;
}

ArrayParam& ArrayParam::add_raw(std::string_view text) {
    if (!body_.empty()) body_ += ',';
    body_ += text;
    return *this;
}
ArrayParam& ArrayParam::add_null() {
    return add_raw("NULL");
}
ArrayParam& ArrayParam::add(std::string_view text) {
    require_no_zero_byte(text);
    // Always quoted: empty texts, "null" and separators need no thought then.
    if (!body_.empty()) body_ += ',';
    body_ += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') body_ += '\\';
        body_ += c;
    }
    body_ += '"';
    return *this;
}
ArrayParam& ArrayParam::add(bool value) {
    return add_raw(value ? "t" : "f");
}
ArrayParam& ArrayParam::add(std::int64_t value) {
    return add_raw(std::to_string(value));
}
ArrayParam& ArrayParam::add(const BigInt& value) {
    return add_raw(to_decimal(value));
}
ArrayParam& ArrayParam::add(BytesView value) {
    return add_raw("\"\\\\x" + to_hex(value) + '"');
}
ArrayParam& ArrayParam::add(const Uuid& value) {
    return add_raw(value.to_string());
}
ArrayParam& ArrayParam::add(WallTime value) {
    return add_raw('"' + timestamp_text(value) + '"');
}
std::string ArrayParam::text() const {
    return '{' + body_ + '}';
}

}  // namespace baton::pg

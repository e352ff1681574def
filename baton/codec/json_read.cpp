#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"
#include "baton/codec/json_scan.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace baton::codec {

namespace {

namespace bj = boost::json;

/// Out of range for a double: the error's text, in the words of the chosen reading.
std::string range_error(const std::string& number, JsonNumbers numbers) {
    if (numbers == JsonNumbers::float64) {
        return "json: cannot unmarshal number " + number + " into Go value of type float64";
    }
    return "failed to parse json.Value: strconv.ParseFloat: parsing " + go_quote(number) +
           ": value out of range";
}

/// from_chars reports overflow and underflow alike. The power of ten of the first significant digit tells
/// them apart.
bool overflows(std::string_view number) {
    const auto e = number.find_first_of("eE");
    const std::string_view mantissa = number.substr(0, e);
    std::int64_t exponent = 0;
    if (e != std::string_view::npos) {
        const char* begin = number.data() + e + 1;
        if (*begin == '+') ++begin;
        std::from_chars(begin, number.data() + number.size(), exponent);
    }
    const auto first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) return false;
    const auto point = std::min(mantissa.find('.'), mantissa.size());
    const auto position = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    return exponent + position > 0;
}

/// Nothing if the number is too large.
std::optional<double> read_double(std::string_view number) {
    double value = 0;
    const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
    if (result.ec == std::errc::result_out_of_range) {
        if (overflows(number)) return std::nullopt;
        return number.front() == '-' ? -0.0 : 0.0;
    }
    return value;
}

Value read_integer(std::string_view number) {
    std::int64_t small = 0;
    const char* end = number.data() + number.size();
    if (std::from_chars(number.data(), end, small).ec == std::errc{}) return small;
    std::uint64_t large = 0;
    if (number.front() != '-' && std::from_chars(number.data(), end, large).ec == std::errc{}) return large;
    return parse_decimal_integer(number).value();
}

/// Takes the parser's events and builds the value. Containers under construction lie on a stack of our own.
class Builder {
  public:
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = max_object_size;
    static constexpr std::size_t max_key_size = max_object_size;
    static constexpr std::size_t max_string_size = max_object_size;

    explicit Builder(JsonNumbers numbers) : numbers_(numbers) {}

    Value& result() { return result_; }
    const std::string& error() const { return error_; }

    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }

    bool on_object_begin(bj::error_code&) {
        open_.push_back({true, {}, {}, {}});
        return true;
    }
    bool on_object_end(std::size_t, bj::error_code&) {
        Value map = Value::map(std::move(open_.back().map));
        open_.pop_back();
        return add(std::move(map));
    }
    bool on_array_begin(bj::error_code&) {
        open_.push_back({false, {}, {}, {}});
        return true;
    }
    bool on_array_end(std::size_t, bj::error_code&) {
        Value list = Value::list(std::move(open_.back().list));
        open_.pop_back();
        return add(std::move(list));
    }

    bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) { return append(part); }
    bool on_key(bj::string_view part, std::size_t, bj::error_code&) {
        append(part);
        open_.back().key = std::move(text_);
        text_.clear();
        return true;
    }
    bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) { return append(part); }
    bool on_string(bj::string_view part, std::size_t, bj::error_code&) {
        append(part);
        Value value(std::move(text_));
        text_.clear();
        return add(std::move(value));
    }

    // The parser's own reading of a number is dropped: it would round to what int64, uint64 and double hold.
    bool on_number_part(bj::string_view part, bj::error_code&) { return append(part); }
    bool on_int64(std::int64_t, bj::string_view part, bj::error_code&) { return number(part); }
    bool on_uint64(std::uint64_t, bj::string_view part, bj::error_code&) { return number(part); }
    bool on_double(double, bj::string_view part, bj::error_code&) { return number(part); }

    bool on_bool(bool value, bj::error_code&) { return add(value); }
    bool on_null(bj::error_code&) { return add(Null{}); }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }

  private:
    struct Open {
        bool object;
        std::string key;
        Map map;
        List list;
    };

    bool append(bj::string_view part) {
        text_.append(part.data(), part.size());
        return true;
    }

    bool add(Value value) {
        if (open_.empty()) {
            result_ = std::move(value);
        } else if (open_.back().object) {
            open_.back().map.insert_or_assign(std::move(open_.back().key), std::move(value));
        } else {
            open_.back().list.push_back(std::move(value));
        }
        return true;
    }

    bool number(bj::string_view part) {
        append(part);
        const std::string text = std::move(text_);
        text_.clear();
        if (numbers_ == JsonNumbers::exact && text.find_first_of(".eE") == std::string::npos) {
            return add(read_integer(text));
        }
        const std::optional<double> value = read_double(text);
        // Go decides about numbers after it has seen the whole text, so a syntax error further on comes
        // first.
        if (!value && error_.empty()) error_ = range_error(text, numbers_);
        return add(value.value_or(0));
    }

    JsonNumbers numbers_;
    std::vector<Open> open_;
    std::string text_;
    std::string error_;
    Value result_;
};

bj::parse_options options() {
    bj::parse_options options;
    options.max_depth = json_max_depth;
    return options;
}

/// Nothing if the parser refuses the text, or if `whole` and something is left behind the value.
std::optional<Value> build(std::string_view text, bool whole, JsonNumbers numbers) {
    bj::basic_parser<Builder> parser(options(), numbers);
    bj::error_code error;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (error || (whole && used < text.size())) return std::nullopt;
    if (!parser.handler().error().empty()) throw JsonError(parser.handler().error());
    return std::move(parser.handler().result());
}

Value read(std::string_view text, bool whole, JsonNumbers numbers) {
    if (auto value = build(text, whole, numbers)) return *std::move(value);
    // Refused: either it is no JSON, and the scan has Go's words for that, or it is one of the things that Go
    // lets pass.
    const JsonScan scan = scan_json(text, whole);
    if (!scan.error.empty()) throw JsonError(scan.error);
    const JsonRepair repair = repair_json(text.substr(scan.begin, scan.end - scan.begin));
    if (repair.too_large) throw JsonError(range_error(*repair.too_large, numbers));
    if (auto value = build(repair.text, true, numbers)) return *std::move(value);
    throw JsonError("the JSON text passes the grammar, but not the parser");
}

std::string json_kind(char first) {
    if (first == '[') return "array";
    if (first == '"') return "string";
    if (first == 't' || first == 'f') return "bool";
    return first == 'n' ? "null" : "number";
}

}  // namespace

Value read_json(std::string_view text, JsonNumbers numbers) {
    return read(text, true, numbers);
}

Value read_first_json(std::string_view text, JsonNumbers numbers) {
    return read(text, false, numbers);
}

std::vector<std::pair<std::string, std::string>> read_raw_members(std::string_view text) {
    const JsonScan scan = scan_json(text, false);
    if (!scan.error.empty()) throw JsonError(scan.error);
    const std::string_view object = text.substr(scan.begin, scan.end - scan.begin);
    if (object.front() != '{') {
        throw JsonError("json: cannot unmarshal " + json_kind(object.front()) +
                        " into Go value of type object");
    }
    std::vector<std::pair<std::string, std::string>> members;
    for (const auto& [key, value] : raw_json_members(object)) {
        members.emplace_back(*read_json(key).text_or_null(), std::string(value));
    }
    return members;
}

}  // namespace baton::codec

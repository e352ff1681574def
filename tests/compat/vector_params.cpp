#include "baton/pipeline/coerce.hpp"
#include "baton/pipeline/go_url.hpp"
#include "vector_groups.hpp"

#include <functional>
#include <map>

namespace baton::compat {

using codec::Value;
using pipeline::Result;

namespace {

Value to_value(const std::string& text) {
    return text;
}
Value to_value(std::uint64_t number) {
    return number;
}
Value to_value(std::int32_t number) {
    return number;
}
Value to_value(bool flag) {
    return flag;
}
Value to_value(const BigInt& number) {
    return number;
}
Value to_value(const Decimal& number) {
    return number;
}
Value to_value(const Address& address) {
    return address;
}
Value to_value(const Value& value) {
    return value;
}
Value to_value(const pipeline::BytesParam& bytes) {
    return bytes.is_null() ? Value() : Value(bytes.copy());
}
Value to_value(const pipeline::RequestUrl& url) {
    return url.to_string();
}
Value to_value(const std::shared_ptr<codec::Map>& map) {
    return map == nullptr ? Value() : Value(map);
}
Value to_value(const std::shared_ptr<codec::List>& list) {
    return list == nullptr ? Value() : Value(list);
}

template <typename T>
std::string element_name();
template <>
std::string element_name<Address>() {
    return "address";
}
template <>
std::string element_name<Hash>() {
    return "hash";
}
template <>
std::string element_name<std::string>() {
    return "string";
}
template <>
std::string element_name<Decimal>() {
    return "decimal";
}

template <typename T>
Value to_value(const std::vector<T>& items) {
    return Value::typed_list(element_name<T>(), codec::List(items.begin(), items.end()));
}
template <typename T>
Value to_value(const std::optional<T>& maybe) {
    return maybe ? to_value(*maybe) : Value();
}

template <typename T>
Value outcome(const Result<T>& result) {
    if (!result) return codec::ErrorValue{result.error().text};
    return to_value(*result);
}

Result<pipeline::RequestUrl> to_url(const Value& value) {
    const std::string* text = value.text_or_null();
    if (text == nullptr) return pipeline::bad_input();
    auto url = pipeline::parse_request_url(*text);
    if (!url) return pipeline::bad_input(url.error().text);
    return url;
}

using Coercion = std::function<Value(const Value&)>;

const std::map<std::string, Coercion, std::less<>>& coercions() {
    static const std::map<std::string, Coercion, std::less<>> all{
        {"param.address", [](const Value& v) { return outcome(pipeline::to_address(v)); }},
        {"param.addressslice", [](const Value& v) { return outcome(pipeline::to_addresses(v)); }},
        {"param.bool", [](const Value& v) { return outcome(pipeline::to_bool(v)); }},
        {"param.bytes", [](const Value& v) { return outcome(pipeline::to_bytes_param(v)); }},
        {"param.decimal", [](const Value& v) { return outcome(pipeline::to_decimal_param(v)); }},
        {"param.decimalslice", [](const Value& v) { return outcome(pipeline::to_decimals(v)); }},
        {"param.hashslice", [](const Value& v) { return outcome(pipeline::to_hashes(v)); }},
        {"param.map", [](const Value& v) { return outcome(pipeline::to_map(v)); }},
        {"param.maybebigint", [](const Value& v) { return outcome(pipeline::to_maybe_big_int(v)); }},
        {"param.maybeint32", [](const Value& v) { return outcome(pipeline::to_maybe_int32(v)); }},
        {"param.maybeuint64", [](const Value& v) { return outcome(pipeline::to_maybe_uint64(v)); }},
        {"param.object", [](const Value& v) { return outcome(pipeline::to_memo(v)); }},
        {"param.slice", [](const Value& v) { return outcome(pipeline::to_list(v)); }},
        {"param.string", [](const Value& v) { return outcome(pipeline::to_text(v)); }},
        {"param.stringslice", [](const Value& v) { return outcome(pipeline::to_texts(v)); }},
        {"param.uint64", [](const Value& v) { return outcome(pipeline::to_uint64(v)); }},
        {"param.url", [](const Value& v) { return outcome(to_url(v)); }},
    };
    return all;
}

}  // namespace

bool run_param_case(const VectorCase& vector, Checks& checks) {
    const Value input = vector.first_input();
    if (vector.task == "param.jsonpath") {
        checks.outcome(outcome(pipeline::to_json_path(input, vector.param_or("separator", ","))));
        return true;
    }
    const auto coercion = coercions().find(vector.task);
    if (coercion == coercions().end()) return false;
    checks.outcome(coercion->second(input));
    return true;
}

}  // namespace baton::compat

#include "baton/api/toml_fields.hpp"

#include "baton/api/go_numbers.hpp"
#include "baton/api/uuid_fault.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/decimal.hpp"
#include "baton/base/error.hpp"
#include "baton/crypto/eip55.hpp"

#include <algorithm>
#include <limits>

namespace baton::api {

namespace {

std::string scalar(const codec::TomlValue& value) {
    auto text = value.scalar_text();
    if (!text) fail_at(value, "Can't convert a TOML " + value.kind() + " to a single value");
    return *std::move(text);
}

/// "5(int64)", as go-toml shows a value in its messages.
std::string shown(const codec::TomlValue& value) {
    const auto text = value.scalar_text().value_or("a TOML " + value.kind());
    if (value.get_if<std::string>()) return text + "(string)";
    if (value.get_if<std::int64_t>()) return text + "(int64)";
    if (value.get_if<double>()) return text + "(float64)";
    if (value.get_if<bool>()) return text + "(bool)";
    if (value.get_if<codec::TomlDateTime>()) return text + "(time.Time)";
    return text;
}

[[noreturn]] void cannot_convert(const codec::TomlValue& value, std::string_view go_type) {
    fail_at(value, "Can't convert " + shown(value) + " to " + std::string(go_type));
}

/// strconv.ParseUint's text.
std::string parse_uint_fault(const std::string& text, std::string_view why) {
    return "strconv.ParseUint: parsing " + go_quote(text) + ": " + std::string(why);
}

std::optional<BigInt> multiplied_by(std::string_view text, std::int32_t exponent) {
    if (text.ends_with(' ')) text.remove_suffix(1);
    const auto parsed = Decimal::parse(text);
    const auto* number = std::get_if<Decimal>(&parsed);
    if (!number) return std::nullopt;
    const auto product = *number * Decimal(BigInt(1), exponent);
    if (!product.is_integer()) return std::nullopt;
    return product.truncate();
}

std::optional<BigInt> parse_link(std::string_view text) {
    if (text.ends_with("link")) return multiplied_by(text.substr(0, text.size() - 4), 18);
    if (text.ends_with("juels")) return multiplied_by(text.substr(0, text.size() - 5), 0);
    return parse_decimal_integer(text);
}

std::string address_fault(const std::string& text) {
    if (text.empty()) return "empty hex string";
    if (!text.starts_with("0x") && !text.starts_with("0X")) return "hex string without 0x prefix";
    if (text.size() != 42)
        return "hex string has length " + std::to_string(text.size() - 2) + ", want 40 for Address";
    return "invalid hex string";
}

}  // namespace

void fail_at(const codec::TomlValue& value, const std::string& text) {
    throw InvalidInput(value.position().to_string() + ": " + text);
}

void fail_text(const codec::TomlValue& value, const std::string& cause) {
    fail_at(value, "unmarshal text: " + cause);
}

std::string TomlFields::string(std::string_view key, std::string_view go_type) const {
    const auto* value = table_->find(key);
    if (!value) return "";
    if (const auto* text = value->get_if<std::string>()) return *text;
    cannot_convert(*value, go_type);
}

std::optional<std::uint32_t> TomlFields::uint32(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return std::nullopt;
    const auto* number = value->get_if<std::int64_t>();
    if (!number) cannot_convert(*value, "uint32");
    if (*number < 0) fail_at(*value, shown(*value) + " is negative so does not fit in uint32");
    if (*number > std::numeric_limits<std::uint32_t>::max())
        fail_at(*value, shown(*value) + " would overflow uint32");
    return static_cast<std::uint32_t>(*number);
}

bool TomlFields::boolean(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return false;
    if (const auto* truth = value->get_if<bool>()) return *truth;
    cannot_convert(*value, "bool");
}

std::optional<std::string> TomlFields::text(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return std::nullopt;
    return scalar(*value);
}

std::optional<std::uint32_t> TomlFields::nullable_uint32(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return std::nullopt;
    const auto text = scalar(*value);
    if (text.empty() || text == "null") return std::nullopt;
    const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) fail_text(*value, parse_uint_fault(text, "invalid syntax"));
    const auto number = parse_decimal_integer(text);
    if (*number > std::numeric_limits<std::uint32_t>::max())
        fail_text(*value, parse_uint_fault(text, "value out of range"));
    return static_cast<std::uint32_t>(*number);
}

std::optional<std::chrono::nanoseconds> TomlFields::interval(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return std::nullopt;
    try {
        return parse_go_duration(scalar(*value));
    } catch (const InvalidInput& fault) {
        fail_text(*value, fault.what());
    }
}

std::optional<Uuid> TomlFields::uuid(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return std::nullopt;
    const auto text = scalar(*value);
    const auto id = Uuid::parse(text);
    if (!id) fail_text(*value, uuid_fault(text));
    return id;
}

std::optional<Address> TomlFields::eip55_address(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return std::nullopt;
    const auto text = scalar(*value);
    const auto address = crypto::parse_eip55(text);
    if (!address) fail_text(*value, go_quote(text) + " is not a valid EIP55 formatted address");
    return address;
}

std::vector<Address> TomlFields::addresses(std::string_view key) const {
    std::vector<Address> addresses;
    const auto* value = table_->find(key);
    if (!value) return addresses;
    const auto* list = value->get_if<codec::TomlValue::Array>();
    if (!list) cannot_convert(*value, "models.AddressCollection(slice)");
    for (const auto& item : *list) {
        const auto text = scalar(item);
        const auto address = parse_address(text);
        if (!address) fail_text(*value, address_fault(text));
        addresses.push_back(*address);
    }
    return addresses;
}

std::optional<BigInt> TomlFields::big_int(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return std::nullopt;
    const auto text = scalar(*value);
    auto number = text.starts_with("0x") ? parse_quantity(text) : parse_decimal_integer(text);
    if (!number) fail_text(*value, "unable to convert " + text + " to Big");
    return number;
}

std::optional<BigInt> TomlFields::link(std::string_view key) const {
    const auto* value = table_->find(key);
    if (!value) return std::nullopt;
    const auto text = scalar(*value);
    auto amount = parse_link(text);
    if (!amount) fail_text(*value, "assets: cannot unmarshal " + go_quote(text) + " into a *assets.Link");
    return amount;
}

std::vector<codec::TomlTable> TomlFields::tables(std::string_view key) const {
    std::vector<codec::TomlTable> tables;
    const auto* value = table_->find(key);
    if (!value) return tables;
    const auto* list = value->get_if<codec::TomlValue::Array>();
    if (!list) fail_at(*value, "Can't convert a TOML " + value->kind() + " to an array of tables");
    for (const auto& item : *list) {
        const auto* table = item.get_if<codec::TomlTable>();
        if (!table) fail_at(item, "Can't convert a TOML " + item.kind() + " to a table");
        tables.push_back(*table);
    }
    return tables;
}

}  // namespace baton::api

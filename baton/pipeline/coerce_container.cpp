#include "baton/codec/json.hpp"
#include "baton/pipeline/coerce.hpp"
#include "baton/pipeline/go_text.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

std::optional<std::string_view> text_or_bytes(const Value& value) {
    if (const std::string* text = value.text_or_null()) return *text;
    if (const Bytes* bytes = value.get_if<Bytes>()) return as_text(*bytes);
    return std::nullopt;
}

/// Plain JSON: all numbers are floats, nothing may follow (section 3.2).
Result<Value> read_plain(std::string_view json) {
    try {
        return codec::read_json(json, codec::JsonNumbers::float64);
    } catch (const codec::JsonError& error) {
        return Failure{error.what()};
    }
}

Failure cannot_unmarshal(const Value& value, std::string_view type) {
    return {"json: cannot unmarshal " + std::string(json_kind_name(value)) + " into Go value of type " +
            std::string(type)};
}

/// "0x" and exactly that many bytes as hex.
template <typename Fixed>
Result<Fixed> fixed_from_text(std::string_view text, std::string_view go_type) {
    constexpr std::size_t digits = Fixed::size() * 2;
    if (!text.starts_with("0x") && !text.starts_with("0X")) return Failure{"hex string without 0x prefix"};
    const std::string_view hex = text.substr(2);
    if (hex.size() % 2 == 1) return Failure{"hex string of odd length"};
    if (hex.size() != digits) {
        return Failure{"hex string has length " + std::to_string(hex.size()) + ", want " +
                       std::to_string(digits) + " for " + std::string(go_type)};
    }
    const auto bytes = from_hex(hex);
    if (!bytes) return Failure{"invalid hex string"};
    Fixed fixed;
    std::copy(bytes->begin(), bytes->end(), fixed.bytes.begin());
    return fixed;
}

template <typename Fixed>
Result<std::vector<Fixed>> fixed_from_json(std::string_view json, std::string_view go_type) {
    const auto parsed = read_plain(json);
    if (!parsed) return parsed.error();
    std::vector<Fixed> items;
    if (parsed->is_null()) return items;
    const codec::List* list = parsed->list_or_null();
    if (list == nullptr) return cannot_unmarshal(*parsed, "[]" + std::string(go_type));
    for (const Value& item : *list) {
        const std::string* text = item.text_or_null();
        if (text == nullptr) return cannot_unmarshal(item, go_type);
        auto fixed = fixed_from_text<Fixed>(*text, go_type);
        if (!fixed) return fixed.error();
        items.push_back(*fixed);
    }
    return items;
}

template <typename Fixed>
const codec::TypedList* list_of(const Value& value, std::string_view element) {
    const codec::TypedList* typed = value.typed_list_or_null();
    return typed != nullptr && typed->element == element && typed->fixed_length == 0 ? typed : nullptr;
}

Result<Hash> to_hash_element(const Value& value) {
    if (const Hash* hash = value.get_if<Hash>()) return *hash;
    if (const auto text = text_or_bytes(value)) return fixed_from_text<Hash>(*text, "common.Hash");
    return Failure{};
}

}  // namespace

Result<Address> to_address(const Value& value) {
    if (const Address* address = value.get_if<Address>()) return *address;
    const auto text = text_or_bytes(value);
    if (!text) return bad_input("expected common.Address, got " + value.go_kind());
    if (text->size() == Address::size()) return address_from(as_bytes(*text));
    if (const auto address = parse_address(*text)) return *address;
    if (text->size() == 42 && text->starts_with("0X")) {
        if (const auto bytes = from_hex(text->substr(2))) return address_from(*bytes);
    }
    return bad_input("expected common.Address, got []uint8");
}

Result<std::optional<std::vector<Address>>> to_addresses(const Value& value) {
    using Addresses = std::optional<std::vector<Address>>;
    constexpr std::string_view name = "AddressSliceParam";
    if (value.is_null()) return Addresses();
    std::vector<Address> addresses;
    if (const auto json = text_or_bytes(value)) {
        auto parsed = fixed_from_json<Address>(*json, "common.Address");
        if (!parsed) return bad_input(failure(name, parsed.error().text).text);
        addresses = std::move(*parsed);
    } else if (const codec::List* list = value.list_or_null()) {
        for (const Value& item : *list) {
            const auto address = to_address(item);
            if (!address) return failure(name, address.error().text);
            addresses.push_back(*address);
        }
    } else if (const codec::TypedList* typed = list_of<Address>(value, "address")) {
        for (const Value& item : typed->items)
            addresses.push_back(*item.get_if<Address>());
    } else {
        return bad_input(std::string(name) + ": cannot convert " + value.go_kind());
    }
    return Addresses(std::move(addresses));
}

Result<std::optional<std::vector<Hash>>> to_hashes(const Value& value) {
    using Hashes = std::optional<std::vector<Hash>>;
    constexpr std::string_view name = "HashSliceParam";
    if (value.is_null()) return Hashes();
    std::vector<Hash> hashes;
    if (const auto json = text_or_bytes(value)) {
        auto parsed = fixed_from_json<Hash>(*json, "common.Hash");
        if (!parsed) return bad_input(failure(name, parsed.error().text).text);
        hashes = std::move(*parsed);
    } else if (const codec::List* list = value.list_or_null()) {
        for (const Value& item : *list) {
            const auto hash = to_hash_element(item);
            if (!hash && hash.error().text.empty()) return bad_input(name);
            if (!hash) return bad_input(failure(name, hash.error().text).text);
            hashes.push_back(*hash);
        }
    } else if (const codec::TypedList* typed = list_of<Hash>(value, "hash")) {
        for (const Value& item : typed->items)
            hashes.push_back(*item.get_if<Hash>());
    } else {
        return bad_input(name);
    }
    return Hashes(std::move(hashes));
}

Result<std::shared_ptr<codec::Map>> to_map(const Value& value) {
    if (value.is_null()) return std::shared_ptr<codec::Map>();
    if (const auto* map = value.get_if<std::shared_ptr<codec::Map>>()) return *map;
    if (const auto json = text_or_bytes(value)) {
        const auto parsed = read_plain(*json);
        if (!parsed) return parsed.error();
        if (parsed->is_null()) return std::shared_ptr<codec::Map>();
        if (const auto* map = parsed->get_if<std::shared_ptr<codec::Map>>()) return *map;
        return cannot_unmarshal(*parsed, "map[string]interface {}");
    }
    if (const codec::MemoObject* memo = value.memo_or_null()) {
        if (const auto* map = memo->inner.get_if<std::shared_ptr<codec::Map>>()) return *map;
    }
    return bad_input("expected map, got " + value.go_kind());
}

Result<std::shared_ptr<codec::List>> to_list(const Value& value) {
    if (value.is_null()) return std::shared_ptr<codec::List>();
    if (const auto* list = value.get_if<std::shared_ptr<codec::List>>()) return *list;
    if (const auto json = text_or_bytes(value)) {
        const auto parsed = read_plain(*json);
        if (!parsed) return parsed.error();
        if (parsed->is_null()) return std::shared_ptr<codec::List>();
        if (const auto* list = parsed->get_if<std::shared_ptr<codec::List>>()) return *list;
        return cannot_unmarshal(*parsed, "[]interface {}");
    }
    return bad_input("expected slice, got " + value.go_kind());
}

Result<Value> to_memo(const Value& value) {
    if (const codec::MemoObject* memo = value.memo_or_null()) {
        // v1.11.0 loses lists when it copies a memo object.
        return memo->inner.list_or_null() != nullptr ? Value::memo(Value()) : value;
    }
    if (value.is_null() || value.get_if<bool>() != nullptr || value.text_or_null() != nullptr ||
        value.map_or_null() != nullptr || value.list_or_null() != nullptr) {
        return Value::memo(value);
    }
    if (const codec::TypedList* typed = value.typed_list_or_null()) {
        const bool plain =
            typed->fixed_length == 0 && (typed->element == "string" || typed->element == "int64");
        if (plain) return Value::memo(Value::list(typed->items));
    } else if (value.get_if<Bytes>() == nullptr && value.get_if<Address>() == nullptr) {
        if (auto decimal = to_decimal_param(value)) return Value::memo(Value(std::move(*decimal)));
    }
    return failure(sentinel::bad_input, value.go_kind());
}

}  // namespace baton::pipeline

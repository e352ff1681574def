#include "baton/codec/abi.hpp"
#include "baton/codec/go_value.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace baton::codec {

namespace {

using Kind = AbiType::Kind;

const std::string bad_input = ": bad input for task";

[[noreturn]] void refuse(const Value& value, const std::string& target) {
    throw AbiConversionError("cannot convert " + value.go_kind() + " to " + target + bad_input);
}

[[noreturn]] void wrong_length(std::size_t expected, std::size_t got) {
    throw AbiConversionError("incorrect length: expected " + std::to_string(expected) + ", got " +
                             std::to_string(got) + bad_input);
}

[[noreturn]] void abort_reflect(const std::string& method, const Value& value) {
    throw AbiAbort("reflect: call of reflect.Value." + method + " on " + value.go_kind() + " Value");
}

bool is_native_width(std::size_t bits) {
    return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

/// The bytes of a value whose Go kind is an array of uint8; nothing for other kinds.
std::optional<BytesView> fixed_array(const Value& value) {
    if (const auto* fixed = value.get_if<FixedBytesValue>()) return BytesView(fixed->bytes);
    if (const auto* address = value.get_if<Address>()) return address->view();
    if (const auto* hash = value.get_if<Hash>()) return hash->view();
    return std::nullopt;
}

/// Any value that is a sequence of bytes.
std::optional<BytesView> byte_sequence(const Value& value) {
    if (const auto* bytes = value.get_if<Bytes>()) return BytesView(*bytes);
    return fixed_array(value);
}

// --- values that are of the target's kind already
// --------------------------------------------------------------------

bool is_exact(const Value& value, const AbiType& type);

bool is_exact_integer(const Value& value, const AbiType& type) {
    const bool is_signed = type.kind == Kind::signed_integer;
    switch (type.size) {
        case 8:
            return is_signed ? value.get_if<std::int8_t>() != nullptr
                             : value.get_if<std::uint8_t>() != nullptr;
        case 16:
            return is_signed ? value.get_if<std::int16_t>() != nullptr
                             : value.get_if<std::uint16_t>() != nullptr;
        case 32:
            return is_signed ? value.get_if<std::int32_t>() != nullptr
                             : value.get_if<std::uint32_t>() != nullptr;
        case 64:
            return is_signed ? value.get_if<std::int64_t>() != nullptr
                             : value.get_if<std::uint64_t>() != nullptr;
        default:
            return std::holds_alternative<BigInt>(value.storage());
    }
}

bool is_exact_fixed(const Value& value, std::size_t size) {
    const auto* fixed = value.get_if<FixedBytesValue>();
    return fixed != nullptr && fixed->bytes.size() == size;
}

bool is_exact_list(const Value& value, const AbiType& type) {
    const bool of_bytes = type.element->element_name() == "uint8";
    if (of_bytes && type.kind == Kind::slice) return value.get_if<Bytes>() != nullptr;
    if (of_bytes) return is_exact_fixed(value, type.size);
    const TypedList* list = value.typed_list_or_null();
    if (list == nullptr || list->element != type.element->element_name()) return false;
    const std::size_t length = type.kind == Kind::array ? type.size : 0;
    if (list->fixed_length != length || (length != 0 && list->items.size() != length)) return false;
    return std::ranges::all_of(list->items, [&](const Value& item) { return is_exact(item, *type.element); });
}

bool is_exact_tuple(const Value& value, const AbiType& type) {
    const Tuple* tuple = value.tuple_or_null();
    return tuple != nullptr && std::ranges::equal(tuple->members, type.components,
                                                  [](const auto& member, const AbiComponent& component) {
                                                      return member.first == component.name &&
                                                             is_exact(member.second, component.type);
                                                  });
}

bool is_exact(const Value& value, const AbiType& type) {
    switch (type.kind) {
        case Kind::signed_integer:
        case Kind::unsigned_integer:
            return is_exact_integer(value, type);
        case Kind::boolean:
            return value.get_if<bool>() != nullptr;
        case Kind::address:
            return value.get_if<Address>() != nullptr;
        case Kind::text:
            return value.text_or_null() != nullptr;
        case Kind::bytes:
            return value.get_if<Bytes>() != nullptr;
        case Kind::fixed_bytes:
        case Kind::function:
            return is_exact_fixed(value, type.size);
        case Kind::slice:
        case Kind::array:
            return is_exact_list(value, type);
        case Kind::tuple:
            return is_exact_tuple(value, type);
    }
    return false;
}

// --- integers
// --------------------------------------------------------------------------------------------------------

template <typename T>
Value narrow(std::int64_t number) {
    if (number < std::numeric_limits<T>::min() || number > std::numeric_limits<T>::max()) {
        throw AbiConversionError("overflow");
    }
    return static_cast<T>(number);
}

template <typename T>
Value narrow_unsigned(std::uint64_t number) {
    if (number > std::numeric_limits<T>::max()) throw AbiConversionError("overflow");
    return static_cast<T>(number);
}

/// Toward zero. A multiple of 10^256 is a multiple of 2^256, so it encodes as zero; its digits need not be
/// computed.
BigInt truncate_for_word(const Decimal& decimal) {
    return decimal.exponent() > 256 ? BigInt(0) : decimal.truncate();
}

Value convert_integer(const Value& value, const AbiType& type) {
    auto decimal = value_to_decimal(value);
    if (const auto* error = std::get_if<Decimal::ParseError>(&decimal)) throw AbiConversionError(error->text);
    const BigInt number = truncate_for_word(std::get<Decimal>(decimal));
    if (!is_native_width(type.size)) return number;
    // v1.11.0 looks at the low 64 bits of the magnitude only (section 17.2).
    const auto low =
        static_cast<std::uint64_t>(BigInt(abs(number)) & std::numeric_limits<std::uint64_t>::max());
    const auto signed_low = std::bit_cast<std::int64_t>(number < 0 ? std::uint64_t{0} - low : low);
    const bool is_signed = type.kind == Kind::signed_integer;
    switch (type.size) {
        case 8:
            return is_signed ? narrow<std::int8_t>(signed_low) : narrow_unsigned<std::uint8_t>(low);
        case 16:
            return is_signed ? narrow<std::int16_t>(signed_low) : narrow_unsigned<std::uint16_t>(low);
        case 32:
            return is_signed ? narrow<std::int32_t>(signed_low) : narrow_unsigned<std::uint32_t>(low);
        default:
            return is_signed ? narrow<std::int64_t>(signed_low) : narrow_unsigned<std::uint64_t>(low);
    }
}

// --- texts and bytes
// -------------------------------------------------------------------------------------------------

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Text that begins with "0x". `from_kind` is what the error names.
Bytes decode_hex(const std::string& text, const std::string& from_kind) {
    const std::string_view digits = std::string_view(text).substr(2);
    if (auto bytes = from_hex(digits)) return *std::move(bytes);
    const bool hex = std::ranges::all_of(digits, is_hex_digit);
    throw AbiConversionError(hex ? "hex string of odd length" : "invalid hex string", from_kind);
}

Value convert_text(const Value& value, const AbiType& type) {
    if (const auto* bytes = value.get_if<Bytes>()) return std::string(as_text(*bytes));
    refuse(value, type.canonical);
}

Value convert_boolean(const Value& value, const AbiType& type) {
    const std::string* text = value.text_or_null();
    if (text == nullptr) refuse(value, type.canonical);
    const auto flag = parse_go_bool(*text);
    if (!flag) {
        throw AbiConversionError("strconv.ParseBool: parsing " + go_quote(*text) + ": invalid syntax",
                                 "bool");
    }
    return *flag;
}

Value convert_bytes(const Value& value) {
    if (const std::string* text = value.text_or_null()) {
        return text->starts_with("0x") ? decode_hex(*text, "[]uint8") : to_bytes(*text);
    }
    if (const auto bytes = fixed_array(value)) return Bytes(bytes->begin(), bytes->end());
    if (value.list_or_null() != nullptr || value.typed_list_or_null() != nullptr) {
        throw AbiAbort("reflect: Len of non-array type []uint8");
    }
    abort_reflect("Len", value);
}

Value fixed_value(Bytes bytes, const AbiType& type) {
    if (type.kind == Kind::address) return address_from(bytes);
    return FixedBytesValue{std::move(bytes)};
}

Value convert_fixed(const Value& value, const AbiType& type) {
    if (const std::string* text = value.text_or_null()) {
        Bytes bytes = text->starts_with("0x") ? decode_hex(*text, "<nil>") : to_bytes(*text);
        if (bytes.size() != type.size) wrong_length(type.size, bytes.size());
        return fixed_value(std::move(bytes), type);
    }
    const auto source = byte_sequence(value);
    if (!source) refuse(value, "[" + std::to_string(type.size) + "]uint8");
    Bytes bytes(source->begin(), source->end());
    bytes.resize(type.size);
    return fixed_value(std::move(bytes), type);
}

// --- lists and tuples
// ------------------------------------------------------------------------------------------------

List each_byte(BytesView bytes) {
    return List(bytes.begin(), bytes.end());
}

/// The elements of whatever Go can index; nothing for other kinds.
std::optional<List> elements(const Value& value) {
    if (const List* list = value.list_or_null()) return *list;
    if (const TypedList* list = value.typed_list_or_null()) return list->items;
    if (const auto bytes = byte_sequence(value)) return each_byte(*bytes);
    return std::nullopt;
}

Value convert_elements(const List& items, const AbiType& type) {
    List converted;
    for (const Value& item : items)
        converted.push_back(abi_convert(item, *type.element));
    const std::string element = type.element->element_name();
    if (element != "uint8") {
        return Value::typed_list(element, std::move(converted), type.kind == Kind::array ? type.size : 0);
    }
    Bytes bytes;
    for (const Value& item : converted)
        bytes.push_back(*item.get_if<std::uint8_t>());
    if (type.kind == Kind::slice) return bytes;
    return FixedBytesValue{std::move(bytes)};
}

Value convert_slice(const Value& value, const AbiType& type) {
    if (const std::string* text = value.text_or_null())
        return convert_elements(each_byte(as_bytes(*text)), type);
    if (const Map* map = value.map_or_null()) {
        if (map->empty()) return convert_elements({}, type);
        throw AbiAbort("reflect: call of reflect.Value.Index on map Value");
    }
    const auto items = elements(value);
    if (!items) abort_reflect("Len", value);
    return convert_elements(*items, type);
}

Value convert_array(const Value& value, const AbiType& type) {
    const auto items = elements(value);
    if (!items) refuse(value, type.canonical);
    if (items->size() != type.size) wrong_length(type.size, items->size());
    return convert_elements(*items, type);
}

Value convert_tuple(const Value& value, const AbiType& type) {
    const Map* map = value.map_or_null();
    const std::optional<List> items = map == nullptr ? elements(value) : std::nullopt;
    if (map == nullptr && !items) refuse(value, "tuple[" + std::to_string(type.components.size()) + "]");
    const std::size_t size = map != nullptr ? map->size() : items->size();
    if (size != type.components.size()) wrong_length(type.components.size(), size);
    std::vector<std::pair<std::string, Value>> members;
    for (std::size_t i = 0; i < size; ++i) {
        const AbiComponent& component = type.components[i];
        if (map == nullptr) {
            members.emplace_back(component.name, abi_convert((*items)[i], component.type));
            continue;
        }
        const auto found = map->find(component.name);
        if (found == map->end()) throw AbiAbort("reflect: call of reflect.Value.Interface on zero Value");
        members.emplace_back(component.name, abi_convert(found->second, component.type));
    }
    return Value::tuple(std::move(members));
}

}  // namespace

Value abi_convert(const Value& value, const AbiType& type) {
    if (value.is_null()) throw AbiAbort("reflect: call of reflect.Value.Type on zero Value");
    if (is_exact(value, type)) return value;
    switch (type.kind) {
        case Kind::signed_integer:
        case Kind::unsigned_integer:
            return convert_integer(value, type);
        case Kind::boolean:
            return convert_boolean(value, type);
        case Kind::text:
            return convert_text(value, type);
        case Kind::bytes:
            return convert_bytes(value);
        case Kind::address:
        case Kind::fixed_bytes:
            return convert_fixed(value, type);
        case Kind::slice:
            return convert_slice(value, type);
        case Kind::array:
            return convert_array(value, type);
        case Kind::tuple:
            return convert_tuple(value, type);
        case Kind::function:
            break;
    }
    refuse(value, type.canonical);
}

}  // namespace baton::codec

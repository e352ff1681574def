#include "baton/base/big_int.hpp"
#include "baton/codec/abi.hpp"
#include "baton/codec/json.hpp"

#include <algorithm>

namespace baton::codec {

namespace {

using Kind = AbiType::Kind;

constexpr std::size_t word = 32;

[[noreturn]] void refuse(const Value& value, const AbiType& type) {
    throw AbiError("abi: cannot use " + value.go_kind() + " as type " + type.canonical + " as argument");
}

void append_number(Bytes& out, const BigInt& number) {
    const Bytes bytes = to_big_endian(number, word);
    out.insert(out.end(), bytes.begin(), bytes.end());
}

/// The bytes and zeros up to the next whole word.
void append_padded(Bytes& out, BytesView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.resize(out.size() + (word - bytes.size() % word) % word);
}

void append_with_length(Bytes& out, BytesView bytes) {
    append_number(out, BigInt(bytes.size()));
    append_padded(out, bytes);
}

void encode(Bytes& out, const Value& value, const AbiType& type);

/// Heads of all parts, then the tails of the dynamic ones; offsets count from where the heads begin.
class Sequence {
  public:
    explicit Sequence(std::size_t head_size) : offset_(head_size) {}

    void add(Bytes& heads, const Value& value, const AbiType& type) {
        if (!type.is_dynamic()) return encode(heads, value, type);
        append_number(heads, BigInt(offset_ + tails_.size()));
        encode(tails_, value, type);
    }
    void finish(Bytes& out) const { out.insert(out.end(), tails_.begin(), tails_.end()); }

  private:
    std::size_t offset_;
    Bytes tails_;
};

void encode_items(Bytes& out, const List& items, const AbiType& type) {
    if (type.kind == Kind::slice) append_number(out, BigInt(items.size()));
    Sequence sequence(type.element->head_size() * items.size());
    for (const Value& item : items)
        sequence.add(out, item, *type.element);
    sequence.finish(out);
}

void encode_list(Bytes& out, const Value& value, const AbiType& type) {
    List of_bytes;
    const List* items = value.list_or_null();
    if (const TypedList* typed = value.typed_list_or_null()) items = &typed->items;
    if (const auto* bytes = value.get_if<Bytes>()) of_bytes.assign(bytes->begin(), bytes->end());
    if (const auto* fixed = value.get_if<FixedBytesValue>())
        of_bytes.assign(fixed->bytes.begin(), fixed->bytes.end());
    if (value.get_if<Bytes>() != nullptr || value.get_if<FixedBytesValue>() != nullptr) items = &of_bytes;
    if (items == nullptr || (type.kind == Kind::array && items->size() != type.size)) refuse(value, type);
    encode_items(out, *items, type);
}

void encode_tuple(Bytes& out, const Value& value, const AbiType& type) {
    const Tuple* tuple = value.tuple_or_null();
    if (tuple == nullptr || tuple->members.size() != type.components.size()) refuse(value, type);
    std::size_t head_size = 0;
    for (const AbiComponent& component : type.components)
        head_size += component.type.head_size();
    Sequence sequence(head_size);
    for (std::size_t i = 0; i < type.components.size(); ++i)
        sequence.add(out, tuple->members[i].second, type.components[i].type);
    sequence.finish(out);
}

void encode_integer(Bytes& out, const Value& value, const AbiType& type) {
    const auto number = to_big_int(value);
    if (!number) refuse(value, type);
    append_number(out, *number);
}

void encode_address(Bytes& out, const Value& value, const AbiType& type) {
    const auto* address = value.get_if<Address>();
    if (address == nullptr) refuse(value, type);
    out.resize(out.size() + word - Address::size());
    out.insert(out.end(), address->bytes.begin(), address->bytes.end());
}

void encode_fixed(Bytes& out, const Value& value, const AbiType& type) {
    if (const auto* hash = value.get_if<Hash>(); hash != nullptr && type.size == Hash::size()) {
        return append_padded(out, hash->view());
    }
    const auto* fixed = value.get_if<FixedBytesValue>();
    if (fixed == nullptr || fixed->bytes.size() != type.size) refuse(value, type);
    // Types beyond bytes32 pass the loose parser; v1.11.0 writes all their bytes and pads nothing.
    if (fixed->bytes.size() > word) {
        out.insert(out.end(), fixed->bytes.begin(), fixed->bytes.end());
    } else {
        append_padded(out, fixed->bytes);
    }
}

void encode(Bytes& out, const Value& value, const AbiType& type) {
    switch (type.kind) {
        case Kind::signed_integer:
        case Kind::unsigned_integer:
            return encode_integer(out, value, type);
        case Kind::boolean:
            if (value.get_if<bool>() == nullptr) refuse(value, type);
            return append_number(out, BigInt(*value.get_if<bool>() ? 1 : 0));
        case Kind::address:
            return encode_address(out, value, type);
        case Kind::text:
            if (value.text_or_null() == nullptr) refuse(value, type);
            return append_with_length(out, as_bytes(*value.text_or_null()));
        case Kind::bytes:
            if (value.get_if<Bytes>() == nullptr) refuse(value, type);
            return append_with_length(out, *value.get_if<Bytes>());
        case Kind::fixed_bytes:
        case Kind::function:
            return encode_fixed(out, value, type);
        case Kind::slice:
        case Kind::array:
            return encode_list(out, value, type);
        case Kind::tuple:
            return encode_tuple(out, value, type);
    }
}

}  // namespace

Bytes abi_encode(const AbiArguments& arguments, std::span<const Value> values) {
    if (values.size() != arguments.size()) {
        throw AbiError("argument count mismatch: got " + std::to_string(values.size()) + " for " +
                       std::to_string(arguments.size()));
    }
    std::size_t head_size = 0;
    for (const AbiArgument& argument : arguments)
        head_size += argument.type.head_size();
    Sequence sequence(head_size);
    Bytes out;
    for (std::size_t i = 0; i < arguments.size(); ++i)
        sequence.add(out, values[i], arguments[i].type);
    sequence.finish(out);
    return out;
}

}  // namespace baton::codec

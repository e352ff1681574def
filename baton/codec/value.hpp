#pragma once

#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/decimal.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace baton::codec {

class Value;

using List = std::vector<Value>;
/// Text keys, ordered bytewise, as JSON is written.
using Map = std::map<std::string, Value, std::less<>>;

/// Null and "no value".
struct Null {
    bool operator==(const Null&) const = default;
};
/// A fixed-length byte array such as bytes32 or a UUID (16 bytes).
struct FixedBytesValue {
    Bytes bytes;
    bool operator==(const FixedBytesValue&) const = default;
};
/// A list or array of one element kind, from ABI decoding or job variables: never an "any list".
/// `element` is the kind as the vectors name it: "address", "hash", "bigint", "uint32", "bytes", "fixedbytes", "bool", ...
struct TypedList {
    std::string element;
    /// 0 for a slice, otherwise the length of a fixed array.
    std::size_t fixed_length = 0;
    List items;
};
/// An ABI tuple: names in order.
struct Tuple {
    std::vector<std::pair<std::string, Value>> members;
};
/// A map with keys of any kind, in order (CBOR standard mode).
struct GenericMap {
    std::vector<std::pair<Value, Value>> members;
};
/// The memo task's wrapper (reference/pipeline.md section 3.4): null, bool, decimal, text, list or map inside.
struct MemoObject;
/// A stored error: the text is all that there is of it.
struct ErrorValue {
    std::string text;
    bool operator==(const ErrorValue&) const = default;
};

/// A dynamically typed pipeline value (reference/pipeline.md section 3.1). Lists and maps are shared and immutable
/// unless copied through the mutable accessors, so that copying a Value never copies a large value.
class Value {
  public:
    using Storage =
        std::variant<Null, bool, std::string, Bytes, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                     std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, float, double, BigInt, Decimal, Address,
                     Hash, FixedBytesValue, WallTime, ErrorValue, std::shared_ptr<List>, std::shared_ptr<Map>,
                     std::shared_ptr<TypedList>, std::shared_ptr<Tuple>, std::shared_ptr<GenericMap>,
                     std::shared_ptr<MemoObject>>;

    Value() : storage_(Null{}) {}
    template <typename T>
        requires(!std::is_same_v<std::remove_cvref_t<T>, Value> && std::is_constructible_v<Storage, T>)
    Value(T&& value) : storage_(std::forward<T>(value)) {}
    Value(const char* text) : storage_(std::string(text)) {}
    static Value list(List items) { return Value(std::make_shared<List>(std::move(items))); }
    static Value map(Map members) { return Value(std::make_shared<Map>(std::move(members))); }

    const Storage& storage() const { return storage_; }
    Storage& storage() { return storage_; }

    bool is_null() const { return std::holds_alternative<Null>(storage_); }
    /// The alternative, or nullptr.
    template <typename T>
    const T* get_if() const {
        return std::get_if<T>(&storage_);
    }
    const List* list_or_null() const;
    const Map* map_or_null() const;
    const ErrorValue* error_or_null() const { return get_if<ErrorValue>(); }

    /// The kind's name in v1.11.0's messages: "string", "[]uint8", "map[string]interface {}", "*big.Int", "<nil>" ...
    std::string go_kind() const;

  private:
    Storage storage_;
};

struct MemoObject {
    Value inner;
};

}  // namespace baton::codec

#pragma once

#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/decimal.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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
/// A fixed-length byte array such as bytes32 or a UUID.
struct FixedBytesValue {
    Bytes bytes;
    /// 16 bytes that are a UUID (job variable externalJobID): dashed text in requests, 0x hex when stored
    /// like any other.
    bool uuid = false;
    bool operator==(const FixedBytesValue&) const = default;
};
/// The bignum of CBOR's standard mode: an integer like any other (get_if<BigInt> finds it), but v1.11.0
/// writes it to JSON as {} (reference/pipeline.md section 13.3).
struct CborBignum {
    BigInt value;
    bool operator==(const CborBignum&) const = default;
};
/// A list or array of one element kind, from ABI decoding or job variables: never an "any list".
/// `element` is the kind as the vectors name it: "address", "hash", "bigint", "uint32", "bytes", "bytes32",
/// "bool", "string", "decimal", "tuple"; for nested lists with the brackets of the inner type, "bigint[2]".
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
/// The memo task's wrapper (reference/pipeline.md section 3.4): null, bool, decimal, text, list or map
/// inside.
struct MemoObject;
/// A stored error: the text is all that there is of it.
struct ErrorValue {
    std::string text;
    bool operator==(const ErrorValue&) const = default;
};

template <typename T, typename Variant>
inline constexpr bool is_alternative = false;
template <typename T, typename... Alternatives>
inline constexpr bool is_alternative<T, std::variant<Alternatives...>> = (std::is_same_v<T, Alternatives> ||
                                                                          ...);
/// Texts and byte arrays: stored in place when short, shared when long.
template <typename T>
inline constexpr bool may_be_long = std::is_same_v<T, std::string> || std::is_same_v<T, Bytes>;
/// How a long one of them is stored.
template <typename T>
inline constexpr bool is_shared_long =
    std::is_same_v<T, std::shared_ptr<const std::string>> || std::is_same_v<T, std::shared_ptr<const Bytes>>;

/// A dynamically typed pipeline value (reference/pipeline.md section 3.1). Containers, long texts and long
/// byte arrays are shared: copying a Value never copies a large value, and a change made through storage()
/// (the merge task) is seen by every holder. Destroying a value of any depth needs little stack. One thread
/// at a time for values that share containers.
class Value {
  public:
    using Storage =
        std::variant<Null, bool, std::string, Bytes, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                     std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, float, double, BigInt,
                     Decimal, Address, Hash, FixedBytesValue, WallTime, ErrorValue, std::shared_ptr<List>,
                     std::shared_ptr<Map>, std::shared_ptr<TypedList>, std::shared_ptr<Tuple>,
                     std::shared_ptr<GenericMap>, std::shared_ptr<MemoObject>, CborBignum,
                     std::shared_ptr<const std::string>, std::shared_ptr<const Bytes>>;

    // What copies, moves or destroys a variant of so many alternatives takes the compiler seconds in every
    // file that may do it; all of that is in value.cpp.
    Value();
    /// Any alternative but text and bytes; nothing is converted.
    template <typename T>
    requires(is_alternative<T, Storage> && !may_be_long<T>) Value(T value);
    Value(std::string text);
    Value(const char* text);
    Value(std::string_view text);
    Value(Bytes bytes);
    Value(const Value& other);
    /// Leaves null behind.
    Value(Value&& other) noexcept;
    Value& operator=(Value other) noexcept;
    ~Value();
    static Value list(List items) { return Value(std::make_shared<List>(std::move(items))); }
    static Value map(Map members) { return Value(std::make_shared<Map>(std::move(members))); }
    static Value typed_list(std::string element, List items, std::size_t fixed_length = 0);
    static Value tuple(std::vector<std::pair<std::string, Value>> members);
    /// Numbers of any kind become decimals (reference/pipeline.md section 3.4).
    static Value memo(Value inner);

    const Storage& storage() const { return storage_; }
    Storage& storage() { return storage_; }

    bool is_null() const { return std::holds_alternative<Null>(storage_); }
    /// The alternative, or nullptr. A text or byte array of any length is std::string or Bytes.
    template <typename T>
    const T* get_if() const {
        if constexpr (std::is_same_v<T, BigInt>) {
            if (const auto* bignum = std::get_if<CborBignum>(&storage_)) return &bignum->value;
        }
        if constexpr (may_be_long<T>) {
            if (const auto* shared = std::get_if<std::shared_ptr<const T>>(&storage_)) return shared->get();
        }
        return std::get_if<T>(&storage_);
    }
    /// Calls `visitor` with the alternative. A text or byte array of any length is std::string or Bytes.
    template <typename Visitor>
    decltype(auto) visit(Visitor&& visitor) const {
        return std::visit(
            [&visitor](const auto& held) -> decltype(auto) {
                if constexpr (is_shared_long<std::remove_cvref_t<decltype(held)>>) {
                    return visitor(*held);
                } else {
                    return visitor(held);
                }
            },
            storage_);
    }
    /// The any-list (any-map), or nullptr for every other kind, typed lists included.
    const List* list_or_null() const;
    const Map* map_or_null() const;
    const TypedList* typed_list_or_null() const;
    const Tuple* tuple_or_null() const;
    const GenericMap* generic_map_or_null() const;
    const MemoObject* memo_or_null() const;
    const ErrorValue* error_or_null() const { return get_if<ErrorValue>(); }
    /// The text, or nullptr.
    const std::string* text_or_null() const { return get_if<std::string>(); }

    /// The kind's name in v1.11.0's messages: "string", "[]uint8", "map[string]interface {}", "*big.Int",
    /// "<nil>" ...
    std::string go_kind() const;

    /// Holds other values: any-list, any-map, typed list, tuple, generic map, memo object.
    bool is_container() const;

  private:
    /// Copying more bytes than these costs more than sharing them.
    static constexpr std::size_t longest_unshared = 64;

    template <typename T>
    static Storage hold(T long_or_not);
    /// Drops the containers one after the other instead of recursively.
    void release() noexcept;

    Storage storage_;
};

struct MemoObject {
    Value inner;
};

inline bool Value::is_container() const {
    constexpr std::size_t first = 21;
    constexpr std::size_t last = 26;
    static_assert(std::is_same_v<std::variant_alternative_t<first, Storage>, std::shared_ptr<List>>);
    static_assert(std::is_same_v<std::variant_alternative_t<last, Storage>, std::shared_ptr<MemoObject>>);
    return storage_.index() >= first && storage_.index() <= last;
}

}  // namespace baton::codec

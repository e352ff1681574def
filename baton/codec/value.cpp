#include "baton/codec/value.hpp"

#include "baton/codec/go_value.hpp"

namespace baton::codec {

namespace {

template <typename T>
const T* pointee(const Value& value) {
    const auto* pointer = value.get_if<std::shared_ptr<T>>();
    return pointer == nullptr ? nullptr : pointer->get();
}

/// The Go name of a list's element: "bigint[2]" is [2]*big.Int.
std::string go_element(std::string_view element) {
    if (element.ends_with(']')) {
        const auto open = element.rfind('[');
        if (open != std::string_view::npos) {
            return std::string(element.substr(open)) + go_element(element.substr(0, open));
        }
    }
    if (element == "address") return "common.Address";
    if (element == "hash") return "common.Hash";
    if (element == "bigint") return "*big.Int";
    if (element == "decimal") return "decimal.Decimal";
    if (element == "bytes") return "[]uint8";
    if (element == "tuple") return "struct {}";
    if (element.starts_with("bytes")) return "[" + std::string(element.substr(5)) + "]uint8";
    return std::string(element);
}

std::string go_list(const TypedList& list) {
    const std::string length = list.fixed_length == 0 ? "" : std::to_string(list.fixed_length);
    return "[" + length + "]" + go_element(list.element);
}

std::string go_fixed_bytes(const FixedBytesValue& value) {
    return value.uuid ? "uuid.UUID" : "[" + std::to_string(value.bytes.size()) + "]uint8";
}

struct GoKind {
    std::string operator()(const Null&) const { return "<nil>"; }
    std::string operator()(bool) const { return "bool"; }
    std::string operator()(const std::string&) const { return "string"; }
    std::string operator()(const Bytes&) const { return "[]uint8"; }
    std::string operator()(std::int8_t) const { return "int8"; }
    std::string operator()(std::int16_t) const { return "int16"; }
    std::string operator()(std::int32_t) const { return "int32"; }
    std::string operator()(std::int64_t) const { return "int64"; }
    std::string operator()(std::uint8_t) const { return "uint8"; }
    std::string operator()(std::uint16_t) const { return "uint16"; }
    std::string operator()(std::uint32_t) const { return "uint32"; }
    std::string operator()(std::uint64_t) const { return "uint64"; }
    std::string operator()(float) const { return "float32"; }
    std::string operator()(double) const { return "float64"; }
    std::string operator()(const BigInt&) const { return "*big.Int"; }
    std::string operator()(const CborBignum&) const { return "big.Int"; }
    std::string operator()(const Decimal&) const { return "decimal.Decimal"; }
    std::string operator()(const Address&) const { return "common.Address"; }
    std::string operator()(const Hash&) const { return "common.Hash"; }
    std::string operator()(const FixedBytesValue& value) const { return go_fixed_bytes(value); }
    std::string operator()(const WallTime&) const { return "time.Time"; }
    std::string operator()(const ErrorValue&) const { return "*errors.fundamental"; }
    std::string operator()(const std::shared_ptr<List>&) const { return "[]interface {}"; }
    std::string operator()(const std::shared_ptr<Map>&) const { return "map[string]interface {}"; }
    std::string operator()(const std::shared_ptr<TypedList>& list) const { return go_list(*list); }
    std::string operator()(const std::shared_ptr<Tuple>&) const { return "struct {}"; }
    std::string operator()(const std::shared_ptr<GenericMap>&) const {
        return "map[interface {}]interface {}";
    }
    std::string operator()(const std::shared_ptr<MemoObject>&) const { return "pipeline.ObjectParam"; }
};

/// Moves the containers inside a container into `pending` if this is its last holder.
struct TakeNested {
    std::vector<Value::Storage>& pending;

    template <typename T>
    void operator()(const T&) const {}
    template <typename T>
    requires(!std::is_const_v<T>) void operator()(std::shared_ptr<T>& container) const {
        if (container != nullptr && container.use_count() == 1) take_from(*container);
    }

    void take(Value& value) const {
        if (!value.is_container()) return;
        pending.push_back(std::move(value.storage()));
        value.storage().emplace<Null>();
    }
    void take_from(List& list) const {
        for (Value& item : list)
            take(item);
    }
    void take_from(Map& map) const {
        for (auto& [key, member] : map)
            take(member);
    }
    void take_from(TypedList& list) const { take_from(list.items); }
    void take_from(Tuple& tuple) const {
        for (auto& [name, member] : tuple.members)
            take(member);
    }
    void take_from(GenericMap& map) const {
        for (auto& [key, member] : map.members) {
            take(key);
            take(member);
        }
    }
    void take_from(MemoObject& memo) const { take(memo.inner); }
};

bool is_number(const Value& value) {
    return value.visit([](const auto& held) {
        using T = std::remove_cvref_t<decltype(held)>;
        return (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) || std::is_same_v<T, BigInt> ||
               std::is_same_v<T, CborBignum>;
    });
}

}  // namespace

template <typename T>
Value::Storage Value::hold(T long_or_not) {
    if (long_or_not.size() > longest_unshared) return std::make_shared<const T>(std::move(long_or_not));
    return long_or_not;
}

Value::Value() : storage_(Null{}) {}

template <typename T>
requires(is_alternative<T, Value::Storage> && !may_be_long<T>) Value::Value(T value)
    : storage_(std::in_place_type<T>, std::move(value)) {}

template Value::Value(Null);
template Value::Value(bool);
template Value::Value(std::int8_t);
template Value::Value(std::int16_t);
template Value::Value(std::int32_t);
template Value::Value(std::int64_t);
template Value::Value(std::uint8_t);
template Value::Value(std::uint16_t);
template Value::Value(std::uint32_t);
template Value::Value(std::uint64_t);
template Value::Value(float);
template Value::Value(double);
template Value::Value(BigInt);
template Value::Value(Decimal);
template Value::Value(Address);
template Value::Value(Hash);
template Value::Value(FixedBytesValue);
template Value::Value(WallTime);
template Value::Value(ErrorValue);
template Value::Value(std::shared_ptr<List>);
template Value::Value(std::shared_ptr<Map>);
template Value::Value(std::shared_ptr<TypedList>);
template Value::Value(std::shared_ptr<Tuple>);
template Value::Value(std::shared_ptr<GenericMap>);
template Value::Value(std::shared_ptr<MemoObject>);
template Value::Value(CborBignum);

Value::Value(std::string text) : storage_(hold(std::move(text))) {}
Value::Value(const char* text) : Value(std::string(text)) {}
Value::Value(std::string_view text) : Value(std::string(text)) {}
Value::Value(Bytes bytes) : storage_(hold(std::move(bytes))) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept : storage_(std::move(other.storage_)) {
    other.storage_.emplace<Null>();
}
Value& Value::operator=(Value other) noexcept {
    // What was held goes by ~Value of `other`, which needs little stack.
    Storage held = std::move(storage_);
    storage_ = std::move(other.storage_);
    other.storage_ = std::move(held);
    return *this;
}
Value::~Value() {
    if (is_container()) release();
}

Value Value::typed_list(std::string element, List items, std::size_t fixed_length) {
    return Value(std::make_shared<TypedList>(TypedList{std::move(element), fixed_length, std::move(items)}));
}

Value Value::tuple(std::vector<std::pair<std::string, Value>> members) {
    return Value(std::make_shared<Tuple>(Tuple{std::move(members)}));
}

Value Value::memo(Value inner) {
    if (is_number(inner)) {
        auto decimal = value_to_decimal(inner);
        // Only NaN and infinities are numbers without a decimal; they stay what they are.
        if (auto* number = std::get_if<Decimal>(&decimal)) inner = std::move(*number);
    }
    return Value(std::make_shared<MemoObject>(MemoObject{std::move(inner)}));
}

const List* Value::list_or_null() const {
    return pointee<List>(*this);
}
const Map* Value::map_or_null() const {
    return pointee<Map>(*this);
}
const TypedList* Value::typed_list_or_null() const {
    return pointee<TypedList>(*this);
}
const Tuple* Value::tuple_or_null() const {
    return pointee<Tuple>(*this);
}
const GenericMap* Value::generic_map_or_null() const {
    return pointee<GenericMap>(*this);
}
const MemoObject* Value::memo_or_null() const {
    return pointee<MemoObject>(*this);
}

void Value::release() noexcept {
    std::vector<Storage> pending;
    const TakeNested take{pending};
    std::visit(take, storage_);
    storage_.emplace<Null>();
    while (!pending.empty()) {
        Storage container = std::move(pending.back());
        pending.pop_back();
        std::visit(take, container);
    }
}

std::string Value::go_kind() const {
    return visit(GoKind{});
}

}  // namespace baton::codec

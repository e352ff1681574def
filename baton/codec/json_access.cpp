#include "baton/codec/json.hpp"

#include <charconv>
#include <limits>
#include <type_traits>

namespace baton::codec {

namespace {

const Value* step(const Value& value, std::string_view segment) {
    if (value.map_or_null() != nullptr) return member(value, segment);
    const List* list = value.list_or_null();
    if (list == nullptr) return nullptr;
    std::size_t index = 0;
    const char* end = segment.data() + segment.size();
    const auto result = std::from_chars(segment.data(), end, index);
    if (result.ec != std::errc{} || result.ptr != end || index >= list->size()) return nullptr;
    return &(*list)[index];
}

}  // namespace

const Value* member(const Value& value, std::string_view key) {
    const Map* map = value.map_or_null();
    if (map == nullptr) return nullptr;
    const auto found = map->find(key);
    return found == map->end() ? nullptr : &found->second;
}

const Value* at(const Value& value, std::initializer_list<std::string_view> path) {
    const Value* current = &value;
    for (const std::string_view segment : path) {
        current = step(*current, segment);
        if (current == nullptr) return nullptr;
    }
    return current;
}

std::string string_or(const Value& object, std::string_view key, std::string_view fallback) {
    const Value* value = member(object, key);
    const std::string* text = value == nullptr ? nullptr : value->text_or_null();
    return text == nullptr ? std::string(fallback) : *text;
}

bool bool_or(const Value& object, std::string_view key, bool fallback) {
    const Value* value = member(object, key);
    const bool* flag = value == nullptr ? nullptr : value->get_if<bool>();
    return flag == nullptr ? fallback : *flag;
}

std::optional<BigInt> to_big_int(const Value& value) {
    if (const BigInt* big = value.get_if<BigInt>()) return *big;
    return value.visit([](const auto& held) -> std::optional<BigInt> {
        using T = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
            return BigInt(held);
        } else {
            return std::nullopt;
        }
    });
}

std::optional<std::int64_t> to_int64(const Value& value) {
    if (const std::int64_t* exact = value.get_if<std::int64_t>()) return *exact;
    const std::optional<BigInt> big = to_big_int(value);
    if (!big || *big < std::numeric_limits<std::int64_t>::min() ||
        *big > std::numeric_limits<std::int64_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(*big);
}

std::optional<std::int64_t> int64_member(const Value& object, std::string_view key) {
    const Value* value = member(object, key);
    return value == nullptr ? std::nullopt : to_int64(*value);
}

}  // namespace baton::codec

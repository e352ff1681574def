#include "baton/codec/vector_value.hpp"

#include "baton/base/error.hpp"
#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"
#include "baton/codec/rfc3339.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>

namespace baton::codec {

namespace {

[[noreturn]] void refuse(const std::string& tag, const Value& content) {
    throw InvalidInput("vector value " + tag + ": unusable content " + write_json(content));
}

const std::string& text_of(const std::string& tag, const Value& content) {
    const std::string* text = content.text_or_null();
    if (text == nullptr) refuse(tag, content);
    return *text;
}

template <std::integral T>
Value integer(const std::string& tag, const Value& content) {
    const std::string& text = text_of(tag, content);
    T value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) refuse(tag, content);
    return value;
}

template <std::floating_point T>
Value floating(const std::string& tag, const Value& content) {
    const std::string& text = text_of(tag, content);
    if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
    if (text == "+Inf") return std::numeric_limits<T>::infinity();
    if (text == "-Inf") return -std::numeric_limits<T>::infinity();
    T value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) refuse(tag, content);
    return value;
}

template <typename T>
Value required(const std::string& tag, const Value& content, std::optional<T> value) {
    if (!value) refuse(tag, content);
    return *std::move(value);
}

Value decimal(const std::string& tag, const Value& content) {
    auto parsed = Decimal::parse(text_of(tag, content));
    if (!std::holds_alternative<Decimal>(parsed)) refuse(tag, content);
    return std::get<Decimal>(std::move(parsed));
}

Value fixed_bytes(const std::string& tag, const Value& content) {
    auto bytes = from_0x(text_of(tag, content));
    if (!bytes) refuse(tag, content);
    return FixedBytesValue{*std::move(bytes)};
}

Value tuple(const std::string& tag, const Value& content) {
    const Map* map = content.map_or_null();
    if (map == nullptr) refuse(tag, content);
    std::vector<std::pair<std::string, Value>> members;
    for (const auto& [name, member] : *map)
        members.emplace_back(name, read_vector_value(member));
    return Value::tuple(std::move(members));
}

Value generic_map(const std::string& tag, const Value& content) {
    const List* pairs = content.list_or_null();
    if (pairs == nullptr) refuse(tag, content);
    GenericMap map;
    for (const Value& pair : *pairs) {
        const List* entry = pair.list_or_null();
        if (entry == nullptr || entry->size() != 2) refuse(tag, content);
        map.members.emplace_back(read_vector_value((*entry)[0]), read_vector_value((*entry)[1]));
    }
    return Value(std::make_shared<GenericMap>(std::move(map)));
}

List read_items(const List& items) {
    List values;
    for (const Value& item : items)
        values.push_back(read_vector_value(item));
    return values;
}

Value tagged(const std::string& tag, const Value& content) {
    if (tag == "$int8") return integer<std::int8_t>(tag, content);
    if (tag == "$int16") return integer<std::int16_t>(tag, content);
    if (tag == "$int32") return integer<std::int32_t>(tag, content);
    if (tag == "$int64") return integer<std::int64_t>(tag, content);
    if (tag == "$uint8") return integer<std::uint8_t>(tag, content);
    if (tag == "$uint16") return integer<std::uint16_t>(tag, content);
    if (tag == "$uint32") return integer<std::uint32_t>(tag, content);
    if (tag == "$uint64") return integer<std::uint64_t>(tag, content);
    if (tag == "$float32") return floating<float>(tag, content);
    if (tag == "$float64") return floating<double>(tag, content);
    if (tag == "$bigint") return required(tag, content, parse_decimal_integer(text_of(tag, content)));
    if (tag == "$decimal") return decimal(tag, content);
    if (tag == "$bytes") return required(tag, content, from_0x(text_of(tag, content)));
    if (tag == "$fixedbytes") return fixed_bytes(tag, content);
    if (tag == "$address") return required(tag, content, parse_address(text_of(tag, content)));
    if (tag == "$hash") return required(tag, content, parse_hash(text_of(tag, content)));
    if (tag == "$time") return required(tag, content, parse_rfc3339(text_of(tag, content)));
    if (tag == "$error") return ErrorValue{text_of(tag, content)};
    if (tag == "$object") return Value::memo(read_vector_value(content));
    if (tag == "$tuple") return tuple(tag, content);
    if (tag == "$map") return generic_map(tag, content);
    refuse(tag, content);
}

bool is_tag(const std::string& key) {
    return key.starts_with('$');
}

Value read_map(const Map& map) {
    if (map.size() == 1 && is_tag(map.begin()->first)) return tagged(map.begin()->first, map.begin()->second);
    const auto element = map.find("$list_of");
    const auto items = map.find("items");
    if (element != map.end() && items != map.end() && items->second.list_or_null() != nullptr) {
        return Value::typed_list(text_of("$list_of", element->second),
                                 read_items(*items->second.list_or_null()));
    }
    Map members;
    for (const auto& [key, member] : map)
        members.emplace(key, read_vector_value(member));
    return Value::map(std::move(members));
}

template <std::floating_point T>
bool same_float(T a, T b) {
    return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

/// Compares two values of one kind; the first difference ends it.
class Comparison {
  public:
    std::string run(const Value& actual, const Value& expected) {
        compare(actual, expected);
        return result_;
    }

  private:
    void compare(const Value& actual, const Value& expected) {
        if (!result_.empty()) return;
        const std::string kind = vector_kind(expected);
        if (vector_kind(actual) != kind) return differ(actual, expected);
        if (kind == "bigint") {
            if (*actual.get_if<BigInt>() != *expected.get_if<BigInt>()) differ(actual, expected);
            return;
        }
        expected.visit([&](const auto& held) {
            using T = std::remove_cvref_t<decltype(held)>;
            both(*actual.get_if<T>(), held, actual, expected);
        });
    }

    template <typename T>
    void both(const T& a, const T& b, const Value& actual, const Value& expected) {
        if constexpr (std::floating_point<T>) {
            if (!same_float(a, b)) differ(actual, expected);
        } else {
            if (!(a == b)) differ(actual, expected);
        }
    }
    void both(const std::shared_ptr<List>& a, const std::shared_ptr<List>& b, const Value& actual,
              const Value& expected) {
        items(*a, *b, actual, expected);
    }
    void both(const std::shared_ptr<TypedList>& a, const std::shared_ptr<TypedList>& b, const Value& actual,
              const Value& expected) {
        if (a->element != b->element) return differ(actual, expected);
        items(a->items, b->items, actual, expected);
    }
    void both(const std::shared_ptr<Map>& a, const std::shared_ptr<Map>& b, const Value& actual,
              const Value& expected) {
        if (a->size() != b->size()) return differ(actual, expected);
        for (const auto& [key, member] : *b) {
            const auto found = a->find(key);
            if (found == a->end()) return differ(actual, expected);
            nested("." + key, found->second, member);
        }
    }
    void both(const std::shared_ptr<Tuple>& a, const std::shared_ptr<Tuple>& b, const Value& actual,
              const Value& expected) {
        if (a->members.size() != b->members.size()) return differ(actual, expected);
        for (const auto& [name, member] : b->members) {
            const auto found = std::ranges::find(a->members, name, &std::pair<std::string, Value>::first);
            if (found == a->members.end()) return differ(actual, expected);
            nested("." + name, found->second, member);
        }
    }
    void both(const std::shared_ptr<GenericMap>& a, const std::shared_ptr<GenericMap>& b, const Value& actual,
              const Value& expected) {
        if (a->members.size() != b->members.size()) return differ(actual, expected);
        for (const auto& [key, member] : b->members) {
            const auto found = std::ranges::find_if(
                a->members, [&](const auto& entry) { return vector_difference(entry.first, key).empty(); });
            if (found == a->members.end()) return differ(actual, expected);
            nested("{" + describe(key) + "}", found->second, member);
        }
    }
    void both(const std::shared_ptr<MemoObject>& a, const std::shared_ptr<MemoObject>& b, const Value&,
              const Value&) {
        nested(".memo", a->inner, b->inner);
    }

    void items(const List& a, const List& b, const Value& actual, const Value& expected) {
        if (a.size() != b.size()) return differ(actual, expected);
        for (std::size_t i = 0; i < b.size(); ++i)
            nested("[" + std::to_string(i) + "]", a[i], b[i]);
    }

    void nested(const std::string& step, const Value& actual, const Value& expected) {
        const std::size_t length = path_.size();
        path_ += step;
        compare(actual, expected);
        path_.resize(length);
    }

    void differ(const Value& actual, const Value& expected) {
        if (!result_.empty()) return;
        if (!path_.empty()) result_ = "at " + path_ + ": ";
        result_ += describe(actual) + ", expected " + describe(expected);
    }

    std::string path_;
    std::string result_;
};

struct Kind {
    std::string operator()(const Null&) const { return "null"; }
    std::string operator()(bool) const { return "bool"; }
    std::string operator()(const std::string&) const { return "string"; }
    std::string operator()(const Bytes&) const { return "bytes"; }
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
    std::string operator()(const BigInt&) const { return "bigint"; }
    std::string operator()(const CborBignum&) const { return "bigint"; }
    std::string operator()(const Decimal&) const { return "decimal"; }
    std::string operator()(const Address&) const { return "address"; }
    std::string operator()(const Hash&) const { return "hash"; }
    std::string operator()(const FixedBytesValue&) const { return "fixedbytes"; }
    std::string operator()(const WallTime&) const { return "time"; }
    std::string operator()(const ErrorValue&) const { return "error"; }
    std::string operator()(const std::shared_ptr<List>&) const { return "slice"; }
    std::string operator()(const std::shared_ptr<Map>&) const { return "map"; }
    std::string operator()(const std::shared_ptr<TypedList>&) const { return "typed_list"; }
    std::string operator()(const std::shared_ptr<Tuple>&) const { return "tuple"; }
    std::string operator()(const std::shared_ptr<GenericMap>&) const { return "generic_map"; }
    std::string operator()(const std::shared_ptr<MemoObject>&) const { return "object"; }
};

}  // namespace

Value read_vector_value(const Value& json) {
    if (const Map* map = json.map_or_null()) return read_map(*map);
    if (const List* list = json.list_or_null()) return Value::list(read_items(*list));
    if (json.is_null() || json.text_or_null() != nullptr || json.get_if<bool>() != nullptr) return json;
    throw InvalidInput("vector value: a bare number, which the vectors never contain: " + write_json(json));
}

std::string vector_difference(const Value& actual, const Value& expected) {
    return Comparison().run(actual, expected);
}

std::string vector_kind(const Value& value) {
    return value.visit(Kind{});
}

std::string describe(const Value& value) {
    std::string kind = vector_kind(value);
    if (const TypedList* list = value.typed_list_or_null()) kind += " of " + list->element;
    if (const std::string* text = value.text_or_null()) return kind + " " + go_quote(*text);
    if (const Bytes* bytes = value.get_if<Bytes>()) return kind + " " + to_0x(*bytes);
    if (const auto* bytes = value.get_if<FixedBytesValue>()) return kind + " " + to_0x(bytes->bytes);
    return value.is_null() ? kind : kind + " " + go_text(value);
}

}  // namespace baton::codec

#include "baton/codec/cbor.hpp"

#include "baton/base/big_int.hpp"
#include "baton/codec/cbor_head.hpp"
#include "baton/codec/go_value.hpp"
#include "baton/codec/rfc3339.hpp"
#include "baton/codec/utf8.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace baton::codec {

namespace {

constexpr std::uint64_t self_described_tag = 55'799;

double half_to_double(std::uint16_t half) {
    const int exponent = (half >> 10) & 0x1F;
    const int mantissa = half & 0x3FF;
    double value = 0;
    if (exponent == 0) {
        value = std::ldexp(mantissa, -24);
    } else if (exponent < 31) {
        value = std::ldexp(mantissa + 1024, exponent - 25);
    } else {
        value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
    }
    return (half & 0x8000) != 0 ? -value : value;
}

/// Year 1, which Go's zero time shows.
WallTime zero_time() {
    return std::chrono::sys_days(std::chrono::year{1} / 1 / 1);
}

WallTime time_from_seconds(double seconds) {
    using namespace std::chrono;
    if (!std::isfinite(seconds)) return zero_time();
    // What WallTime can hold, some 290,000 years.
    constexpr double limit = 9e12;
    if (std::abs(seconds) > limit) {
        throw CborError("cbor: cannot set " + go_float_text(seconds) + " for time.Time: out of range");
    }
    const double whole = std::trunc(seconds);
    const auto micros = static_cast<std::int64_t>(std::trunc((seconds - whole) * 1e6));
    return WallTime(std::chrono::seconds(static_cast<std::int64_t>(whole))) + microseconds(micros);
}

WallTime time_from_text(const std::string& text) {
    const auto time = parse_rfc3339(text);
    if (time) return *time;
    throw CborError("cbor: cannot set " + text + " for time.Time: parsing time " + go_quote(text) +
                    R"( as "2006-01-02T15:04:05Z07:00": cannot parse)");
}

/// Can this be a key of a Go map?
bool is_hashable(const Value& value) {
    if (const Tuple* tag = value.tuple_or_null()) return is_hashable(tag->members.at(1).second);
    return value.get_if<Bytes>() == nullptr && value.get_if<BigInt>() == nullptr && !value.is_container();
}

/// Reads one item that check_cbor has found well-formed, so that lengths and ends need no second look.
class Reader {
  public:
    explicit Reader(BytesView bytes) : cursor_(bytes) {}

    Value item() {
        skip_self_described();
        return content();
    }

  private:
    void skip_self_described() {
        while (cursor_.peek_type() == CborType::tag) {
            CborCursor ahead = cursor_;
            if (ahead.head().value != self_described_tag) return;
            cursor_ = ahead;
        }
    }

    Value content() {
        switch (cursor_.peek_type()) {
            case CborType::positive_integer:
                return cursor_.head().value;
            case CborType::negative_integer:
                return negative(cursor_.head().value);
            case CborType::byte_string: {
                const std::string bytes = string();
                return to_bytes(bytes);
            }
            case CborType::text_string:
                return text();
            case CborType::array:
                return array();
            case CborType::map:
                return map();
            case CborType::tag:
                return tagged();
            case CborType::primitive:
                return primitive();
        }
        return {};
    }

    static Value negative(std::uint64_t value) {
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return CborBignum{-BigInt(value) - 1};
        }
        return -1 - static_cast<std::int64_t>(value);
    }

    /// Byte string or text, chunks joined.
    std::string string() {
        const CborHead head = cursor_.head();
        if (!head.indefinite) return std::string(as_text(cursor_.take(head.value)));
        std::string joined;
        while (!cursor_.skip_break())
            joined += as_text(cursor_.take(cursor_.head().value));
        return joined;
    }

    Value text() {
        // Each chunk must be UTF-8 by itself.
        CborCursor ahead = cursor_;
        const CborHead head = ahead.head();
        bool valid = true;
        if (head.indefinite) {
            while (!ahead.skip_break())
                valid = is_utf8(as_text(ahead.take(ahead.head().value))) && valid;
        }
        std::string text = string();
        if (!valid || (!head.indefinite && !is_utf8(text))) fail("cbor: invalid UTF-8 string");
        return text;
    }

    /// True while a container whose head was `head` has more items.
    bool more(const CborHead& head, std::uint64_t read) {
        return head.indefinite ? !cursor_.skip_break() : read < head.value;
    }

    Value array() {
        const CborHead head = cursor_.head();
        List items;
        for (std::uint64_t i = 0; more(head, i); ++i)
            items.push_back(item());
        return Value::list(std::move(items));
    }

    Value map() {
        const CborHead head = cursor_.head();
        GenericMap map;
        std::unordered_map<std::string, std::size_t> places;
        for (std::uint64_t i = 0; more(head, i); ++i) {
            Value key = item();
            if (!is_hashable(key)) fail("cbor: invalid map key type: " + key_kind(key));
            Value value = item();
            // Kind and text together tell keys apart as Go does.
            const auto [known, added] =
                places.try_emplace(key.go_kind() + " " + go_text(key), map.members.size());
            if (added) {
                map.members.emplace_back(std::move(key), std::move(value));
            } else {
                map.members[known->second].second = std::move(value);
            }
        }
        return Value(std::make_shared<GenericMap>(std::move(map)));
    }

    static std::string key_kind(const Value& key) {
        return key.tuple_or_null() != nullptr ? "cbor.Tag" : key.go_kind();
    }

    Value tagged() {
        const std::uint64_t number = cursor_.head().value;
        check_builtin_tag(number);
        if (number == 0) return time_from_text(*text().text_or_null());
        if (number == 1) return epoch();
        if (number == 2 || number == 3) {
            const BigInt magnitude = from_big_endian(as_bytes(string()));
            return CborBignum{number == 2 ? magnitude : BigInt(-magnitude - 1)};
        }
        return Value::tuple({{"Number", number}, {"Content", content()}});
    }

    void check_builtin_tag(std::uint64_t number) {
        const CborType type = cursor_.peek_type();
        const auto refuse = [&](const std::string& tag, const std::string& wanted) {
            throw CborError("cbor: tag number " + tag + " must be followed by " + wanted + ", got " +
                            cbor_type_name(type));
        };
        const std::uint8_t first = cursor_.peek();
        const bool number_follows = type == CborType::positive_integer ||
                                    type == CborType::negative_integer || (first >= 0xF9 && first <= 0xFB);
        if (number == 0 && type != CborType::text_string) refuse("0", "text string");
        if (number == 1 && !number_follows) refuse("1", "integer or floating-point number");
        if ((number == 2 || number == 3) && type != CborType::byte_string) refuse("2 or 3", "byte string");
    }

    Value epoch() {
        const Value value = content();
        if (const auto* seconds = value.get_if<std::uint64_t>())
            return time_from_seconds(static_cast<double>(*seconds));
        if (const auto* seconds = value.get_if<std::int64_t>())
            return time_from_seconds(static_cast<double>(*seconds));
        if (const auto* seconds = value.get_if<double>()) return time_from_seconds(*seconds);
        throw CborError("cbor: cannot unmarshal tag into Go value of type time.Time");
    }

    Value primitive() {
        const CborHead head = cursor_.head();
        switch (head.info) {
            case 20:
            case 21:
                return head.info == 21;
            case 22:
            case 23:
                return Null{};
            case 25:
                return half_to_double(static_cast<std::uint16_t>(head.value));
            case 26:
                return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(head.value)));
            case 27:
                return std::bit_cast<double>(head.value);
            default:
                return head.value;
        }
    }

    [[noreturn]] static void fail(const std::string& text) { throw CborError(text); }

    CborCursor cursor_;
};

/// Diet mode's view: maps get text keys, bignums become ordinary integers; nothing else is looked into.
Value with_text_keys(const Value& value) {
    if (const auto* bignum = value.get_if<CborBignum>()) return bignum->value;
    if (const List* list = value.list_or_null()) {
        List items;
        for (const Value& item : *list)
            items.push_back(with_text_keys(item));
        return Value::list(std::move(items));
    }
    const GenericMap* map = value.generic_map_or_null();
    if (map == nullptr) return value;
    Map members;
    for (const auto& [key, member] : map->members) {
        const std::string* text = key.text_or_null();
        if (text == nullptr) {
            throw CborError("unable to coerce key " + key.go_kind() + " " + go_text(key) + " to a string");
        }
        members.insert_or_assign(*text, with_text_keys(member));
    }
    return Value::map(std::move(members));
}

/// Go's decoder, asked for a map, names what it found instead.
[[noreturn]] void not_a_map(const std::string& found) {
    throw CborError("cbor: cannot unmarshal " + found +
                    " into Go value of type map[interface {}]interface {}");
}

}  // namespace

Value read_cbor_diet(BytesView bytes) {
    constexpr std::uint8_t open_map = 0xBF;
    constexpr std::uint8_t close_map = 0xFF;
    const bool is_map = !bytes.empty() && (bytes.front() >> 5) == static_cast<int>(CborType::map);
    Bytes repaired;
    if (bytes.empty() || (bytes.size() > 1 && !is_map)) {
        repaired.push_back(open_map);
        repaired.insert(repaired.end(), bytes.begin(), bytes.end());
        repaired.push_back(close_map);
        bytes = repaired;
    }
    check_cbor(bytes);
    const Value value = Reader(bytes).item();
    if (value.is_null()) return Value::map({});
    if (value.generic_map_or_null() == nullptr)
        not_a_map(cbor_type_name(static_cast<CborType>(bytes.front() >> 5)));
    return with_text_keys(value);
}

Value read_cbor_standard(BytesView bytes) {
    if (bytes.empty()) return Null{};
    check_cbor(bytes);
    return Reader(bytes).item();
}

}  // namespace baton::codec

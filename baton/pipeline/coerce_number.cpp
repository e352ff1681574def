#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"
#include "baton/pipeline/coerce.hpp"
#include "baton/pipeline/go_text.hpp"

#include <cmath>
#include <limits>

namespace baton::pipeline {

using codec::Value;

namespace {

constexpr double two_to_63 = 9223372036854775808.0;
constexpr double two_to_64 = 18446744073709551616.0;

/// The value of an integer kind of 8 to 64 bits.
struct Integer {
    bool negative = false;
    std::uint64_t magnitude = 0;
};

std::optional<Integer> integer_of(const Value& value) {
    std::optional<Integer> found;
    value.visit([&]<typename T>(const T& number) {
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
            if constexpr (std::is_signed_v<T>) {
                const std::int64_t wide = number;
                const auto bits = static_cast<std::uint64_t>(wide);
                found = Integer{wide < 0, wide < 0 ? 0 - bits : bits};
            } else {
                found = Integer{false, number};
            }
        }
    });
    return found;
}

std::string integer_text(const Integer& value) {
    return (value.negative ? "-" : "") + std::to_string(value.magnitude);
}

bool is_blank(const std::string* text) {
    return text != nullptr && trim_space(*text).empty();
}

/// Integers, floats and texts as uint64; nothing for other kinds.
std::optional<Result<std::uint64_t>> unsigned_of(const Value& value, std::string_view target) {
    const auto cannot_cast = [&](std::string_view number) {
        return bad_input("cannot cast " + std::string(number) + " to " + std::string(target));
    };
    if (const auto integer = integer_of(value)) {
        if (integer->negative && integer->magnitude != 0) return cannot_cast(integer_text(*integer));
        return integer->magnitude;
    }
    if (const double* number = value.get_if<double>()) {
        // Written so that NaN fails.
        if (!(*number >= 0 && *number < two_to_64)) return cannot_cast(codec::go_float_text(*number));
        return static_cast<std::uint64_t>(*number);
    }
    if (const std::string* text = value.text_or_null()) {
        auto parsed = parse_uint(*text);
        if (!parsed) return bad_input(parsed.error().text);
        return parsed;
    }
    return std::nullopt;
}

Result<std::optional<std::int32_t>> in_int32(double whole) {
    if (!(whole >= std::numeric_limits<std::int32_t>::min() &&
          whole <= std::numeric_limits<std::int32_t>::max())) {
        return bad_input("overflows int32");
    }
    return std::optional(static_cast<std::int32_t>(whole));
}

}  // namespace

Result<std::uint64_t> to_uint64(const Value& value) {
    if (auto number = unsigned_of(value, "Uint64Param")) return std::move(*number);
    return bad_input("expected unsigned integer, got " + value.go_kind());
}

Result<std::optional<std::uint64_t>> to_maybe_uint64(const Value& value) {
    using Maybe = std::optional<std::uint64_t>;
    if (is_blank(value.text_or_null())) return Maybe();
    if (auto number = unsigned_of(value, "uint64")) {
        if (!*number) return number->error();
        return Maybe(**number);
    }
    return bad_input("expected unsigned integer or nil, got " + value.go_kind());
}

Result<std::optional<std::int32_t>> to_maybe_int32(const Value& value) {
    using Maybe = std::optional<std::int32_t>;
    if (is_blank(value.text_or_null())) return Maybe();
    if (const auto integer = integer_of(value)) {
        if (integer->magnitude > std::uint64_t{1} << 32U) return bad_input("overflows int32");
        const auto magnitude = static_cast<double>(integer->magnitude);
        return in_int32(integer->negative ? -magnitude : magnitude);
    }
    if (const double* number = value.get_if<double>()) return in_int32(std::trunc(*number));
    if (const std::string* text = value.text_or_null()) {
        const auto parsed = parse_int(*text, 32);
        if (!parsed) return bad_input(parsed.error().text);
        return Maybe(static_cast<std::int32_t>(*parsed));
    }
    return bad_input("expected signed integer or nil, got " + value.go_kind());
}

Result<std::optional<BigInt>> to_maybe_big_int(const Value& value) {
    using Maybe = std::optional<BigInt>;
    if (value.is_null() || is_blank(value.text_or_null())) return Maybe();
    if (const auto integer = integer_of(value)) {
        BigInt number = integer->magnitude;
        return Maybe(integer->negative ? BigInt(-number) : std::move(number));
    }
    if (const double* number = value.get_if<double>()) {
        if (!(*number >= -two_to_63 && *number < two_to_64)) {
            return bad_input("cannot cast " + codec::go_float_text(*number) + " to u/int64");
        }
        return Maybe(BigInt(std::trunc(*number)));
    }
    if (const std::string* text = value.text_or_null()) {
        auto number = parse_decimal_integer(*text);
        if (!number) return bad_input("unable to convert " + *text + " to big.Int");
        return Maybe(std::move(*number));
    }
    if (const Decimal* decimal = value.get_if<Decimal>()) {
        if (!decimal->is_integer()) {
            return bad_input("cannot convert non-integer " + decimal->to_string() + " to big.Int");
        }
        return Maybe(decimal->truncate());
    }
    if (const BigInt* number = std::get_if<BigInt>(&value.storage())) return Maybe(*number);
    return bad_input();
}

Result<Decimal> to_decimal_param(const Value& value) {
    if (const codec::MemoObject* memo = value.memo_or_null()) {
        if (const Decimal* decimal = memo->inner.get_if<Decimal>()) return *decimal;
    }
    auto converted = codec::value_to_decimal(value);
    if (auto* decimal = std::get_if<Decimal>(&converted)) return std::move(*decimal);
    return bad_input(std::get<Decimal::ParseError>(converted).text);
}

Result<std::optional<std::vector<Decimal>>> to_decimals(const Value& value) {
    using Decimals = std::optional<std::vector<Decimal>>;
    const auto convert = [](const codec::List& items) -> Result<Decimals> {
        std::vector<Decimal> decimals;
        for (const Value& item : items) {
            auto decimal = to_decimal_param(item);
            if (!decimal) return decimal.error();
            decimals.push_back(std::move(*decimal));
        }
        return Decimals(std::move(decimals));
    };
    if (value.is_null()) return Decimals();
    if (const codec::List* list = value.list_or_null()) return convert(*list);
    if (const codec::TypedList* typed = value.typed_list_or_null();
        typed != nullptr && typed->element == "decimal") {
        return convert(typed->items);
    }
    if (value.text_or_null() != nullptr || value.get_if<Bytes>() != nullptr) {
        const auto list = to_list(value);
        if (!list) return list.error();
        if (*list == nullptr) return Decimals();
        return convert(**list);
    }
    return bad_input("expected number, got " + value.go_kind());
}

}  // namespace baton::pipeline

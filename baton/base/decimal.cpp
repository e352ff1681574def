#include "baton/base/decimal.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace baton {

namespace {

// What v1.11.0 would try to compute for hours (1e2147483647 as text has 2 GB) is refused here.
constexpr std::int64_t largest_power = 1'000'000;

BigInt power_of_ten(std::int64_t exponent, const char* refusal) {
    if (exponent > largest_power) throw std::overflow_error(refusal);
    return boost::multiprecision::pow(BigInt(10), static_cast<unsigned>(exponent));
}

bool fits_int32(std::int64_t value) {
    return value >= std::numeric_limits<std::int32_t>::min() &&
           value <= std::numeric_limits<std::int32_t>::max();
}

/// Never less than the number of decimal digits of |value|, and at most one more.
std::int64_t digits_at_most(const BigInt& value) {
    if (value.is_zero()) return 1;
    const auto bits = static_cast<double>(boost::multiprecision::msb(abs(value)) + 1);
    return static_cast<std::int64_t>(bits * 0.301029995663981196) + 1;
}

enum class ExponentFault { none, not_numeric, out_of_range };

ExponentFault parse_exponent(std::string_view text, std::int64_t& exponent) {
    bool negative = false;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (text.empty()) return ExponentFault::not_numeric;
    std::int64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return ExponentFault::not_numeric;
        value = value * 10 + (c - '0');
        // Go notices the overflow before it looks at the next character.
        if (value > std::numeric_limits<std::uint32_t>::max()) return ExponentFault::out_of_range;
    }
    exponent = negative ? -value : value;
    return fits_int32(exponent) ? ExponentFault::none : ExponentFault::out_of_range;
}

Decimal::ParseError cannot_convert(std::string_view text, std::string_view reason = {}) {
    return {"can't convert " + std::string(text) + " to decimal" + std::string(reason)};
}

template <typename Float>
std::variant<Decimal, Decimal::ParseError> from_any_float(Float value) {
    if (std::isnan(value)) return Decimal::ParseError{"invalid float NaN, cannot convert to decimal"};
    if (std::isinf(value)) {
        return Decimal::ParseError{std::string("invalid float ") + (value < 0 ? "-" : "+") +
                                   "Inf, cannot convert to decimal"};
    }
    if (value == 0) return Decimal();
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
    return Decimal::parse(std::string_view(text, static_cast<std::size_t>(end.ptr - text)));
}

}  // namespace

std::variant<Decimal, Decimal::ParseError> Decimal::parse(std::string_view text) {
    std::string_view mantissa = text;
    std::int64_t exponent = 0;
    if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
        const auto fault = parse_exponent(text.substr(e + 1), exponent);
        if (fault == ExponentFault::not_numeric) return cannot_convert(text, ": exponent is not numeric");
        if (fault == ExponentFault::out_of_range) return cannot_convert(text, ": fractional part too long");
        mantissa = text.substr(0, e);
    }
    std::string digits(mantissa);
    if (const auto point = mantissa.find('.'); point != std::string_view::npos) {
        if (mantissa.find('.', point + 1) != std::string_view::npos) {
            return cannot_convert(mantissa, ": too many .s");
        }
        digits.erase(point, 1);
        exponent -= static_cast<std::int64_t>(mantissa.size() - point - 1);
    }
    auto coefficient = parse_decimal_integer(digits);
    if (!coefficient) return cannot_convert(mantissa);
    if (!fits_int32(exponent)) return cannot_convert(text, ": fractional part too long");
    return Decimal(std::move(*coefficient), static_cast<std::int32_t>(exponent));
}

std::variant<Decimal, Decimal::ParseError> Decimal::from_float(double value) {
    return from_any_float(value);
}

std::variant<Decimal, Decimal::ParseError> Decimal::from_float32(float value) {
    return from_any_float(value);
}

Decimal Decimal::operator+(const Decimal& other) const {
    if (exponent_ == other.exponent_) return {coefficient_ + other.coefficient_, exponent_};
    const Decimal& low = exponent_ < other.exponent_ ? *this : other;
    const Decimal& high = exponent_ < other.exponent_ ? other : *this;
    if (high.is_zero()) return low;
    const std::int64_t shift = std::int64_t{high.exponent_} - low.exponent_;
    return {high.coefficient_ * power_of_ten(shift, "addition overflow") + low.coefficient_, low.exponent_};
}

Decimal Decimal::operator-(const Decimal& other) const {
    return *this + Decimal(-other.coefficient_, other.exponent_);
}

Decimal Decimal::operator*(const Decimal& other) const {
    const std::int64_t exponent = std::int64_t{exponent_} + other.exponent_;
    if (!fits_int32(exponent)) throw std::overflow_error("multiply overflow");
    return {coefficient_ * other.coefficient_, static_cast<std::int32_t>(exponent)};
}

Decimal Decimal::divide(const Decimal& divisor, std::int32_t precision) const {
    if (divisor.is_zero()) throw std::invalid_argument("a decimal is divided by zero");
    const std::int64_t shift = std::int64_t{exponent_} - divisor.exponent_ + precision;
    if (!fits_int32(shift) || !fits_int32(-std::int64_t{precision}))
        throw std::overflow_error("division overflow");
    const std::int32_t scale = -precision;
    BigInt a = coefficient_;
    BigInt b = divisor.coefficient_;
    if (shift >= 0) {
        if (!a.is_zero()) a *= power_of_ten(shift, "division overflow");
    } else {
        // Less than a tenth of the last digit: zero without computing the power.
        if (-shift > digits_at_most(a)) return {0, scale};
        b *= power_of_ten(-shift, "division overflow");
    }
    BigInt quotient, remainder;
    boost::multiprecision::divide_qr(a, b, quotient, remainder);
    if (abs(remainder) * 2 >= abs(b)) quotient += (a < 0) != (b < 0) ? -1 : 1;
    return {std::move(quotient), scale};
}

bool Decimal::is_integer() const {
    if (exponent_ >= 0 || is_zero()) return true;
    if (-std::int64_t{exponent_} > digits_at_most(coefficient_)) return false;
    return coefficient_ % power_of_ten(-std::int64_t{exponent_}, "decimal too small") == 0;
}

BigInt Decimal::truncate() const {
    if (is_zero()) return 0;
    if (exponent_ >= 0) return coefficient_ * power_of_ten(exponent_, "decimal too large for an integer");
    if (-std::int64_t{exponent_} > digits_at_most(coefficient_)) return 0;
    return coefficient_ / power_of_ten(-std::int64_t{exponent_}, "decimal too small");
}

int Decimal::compare(const Decimal& other) const {
    const int sign = coefficient_.sign();
    if (sign != other.coefficient_.sign()) return sign < other.coefficient_.sign() ? -1 : 1;
    if (sign == 0) return 0;
    // Magnitudes that differ by more than the inexactness of digits_at_most need no powers.
    const std::int64_t difference = digits_at_most(coefficient_) + exponent_ -
                                    (digits_at_most(other.coefficient_) + std::int64_t{other.exponent_});
    if (difference > 1) return sign;
    if (difference < -1) return -sign;
    return (*this - other).coefficient_.sign();
}

std::string Decimal::to_string() const {
    if (is_zero()) return "0";
    if (exponent_ > largest_power || exponent_ < -largest_power) {
        throw std::overflow_error("decimal has too many digits to be written");
    }
    if (exponent_ >= 0) return coefficient_.str() + std::string(static_cast<std::size_t>(exponent_), '0');
    std::string digits = BigInt(abs(coefficient_)).str();
    const auto places = static_cast<std::size_t>(-exponent_);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    std::string whole = digits.substr(0, digits.size() - places);
    std::string fraction = digits.substr(digits.size() - places);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (!fraction.empty()) whole += "." + fraction;
    return is_negative() ? "-" + whole : whole;
}

}  // namespace baton

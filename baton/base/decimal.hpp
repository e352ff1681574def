#pragma once

#include "baton/base/big_int.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace baton {

/// coefficient x 10^exponent, exact, with the rules of reference/pipeline.md section 6.
/// Results that would need a power of ten beyond 10^1,000,000 throw std::overflow_error (v1.11.0 computes
/// until memory or patience ends); compare() never does.
class Decimal {
  public:
    Decimal() = default;
    Decimal(BigInt coefficient, std::int32_t exponent)
        : coefficient_(std::move(coefficient)), exponent_(exponent) {}
    explicit Decimal(BigInt value) : coefficient_(std::move(value)) {}

    /// Pipeline text form (section 6.1). The error is v1.11.0's text, e.g. "can't convert abc to decimal".
    struct ParseError {
        std::string text;
    };
    static std::variant<Decimal, ParseError> parse(std::string_view text);
    /// From the shortest text that reads back as the same float; NaN and infinities give the error of
    /// section 6.1.
    static std::variant<Decimal, ParseError> from_float(double value);
    static std::variant<Decimal, ParseError> from_float32(float value);

    const BigInt& coefficient() const { return coefficient_; }
    std::int32_t exponent() const { return exponent_; }

    Decimal operator+(const Decimal& other) const;
    Decimal operator-(const Decimal& other) const;
    /// Throws std::overflow_error("multiply overflow") when the sum of exponents leaves int32.
    Decimal operator*(const Decimal& other) const;
    /// Quotient with `precision` digits after the point (may be negative), half away from zero (section 6.2).
    /// Throws std::overflow_error("division overflow") when the scale leaves int32. REQUIRES: divisor is not
    /// zero.
    Decimal divide(const Decimal& divisor, std::int32_t precision) const;

    bool is_zero() const { return coefficient_.is_zero(); }
    bool is_negative() const { return coefficient_ < 0; }
    bool is_integer() const;
    /// Toward zero.
    BigInt truncate() const;
    /// <0, 0, >0; numeric, so 1.0 equals 1.
    int compare(const Decimal& other) const;
    bool operator==(const Decimal& other) const { return compare(other) == 0; }

    /// Plain notation, no exponent, no trailing zeros after the point (section 6.3).
    std::string to_string() const;

  private:
    BigInt coefficient_ = 0;
    std::int32_t exponent_ = 0;
};

}  // namespace baton

#include "baton/base/decimal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace baton {
namespace {

Decimal decimal(std::string_view text) {
    return std::get<Decimal>(Decimal::parse(text));
}

std::string parse_error(std::string_view text) {
    const auto parsed = Decimal::parse(text);
    const auto* error = std::get_if<Decimal::ParseError>(&parsed);
    return error ? error->text : "no error";
}

// reference/pipeline-cases.json, decimal.parse.
TEST(Decimal, KeepsCoefficientAndExponentOfTheText) {
    struct Case {
        const char* text;
        const char* coefficient;
        int exponent;
        const char* plain;
    };
    for (const auto& [text, coefficient, exponent, plain] : {
             Case{"0", "0", 0, "0"},
             {"-1", "-1", 0, "-1"},
             {"1.50", "150", -2, "1.5"},
             {"-0.0", "0", -1, "0"},
             {"1E+3", "1", 3, "1000"},
             {"12.34e1", "1234", -1, "123.4"},
             {"-00.5", "-5", -1, "-0.5"},
             {".5", "5", -1, "0.5"},
             {"5.", "5", 0, "5"},
             {"+.5", "5", -1, "0.5"},
             {".-5", "-5", -2, "-0.05"},
             {"010", "10", 0, "10"},
             {"-999999999999999999999999999999", "-999999999999999999999999999999", 0,
              "-999999999999999999999999999999"},
             {"0.000000000000000000001", "1", -21, "0.000000000000000000001"},
             {"100.00", "10000", -2, "100"},
         }) {
        const Decimal value = decimal(text);
        EXPECT_EQ(value.coefficient().str(), coefficient) << text;
        EXPECT_EQ(value.exponent(), exponent) << text;
        EXPECT_EQ(value.to_string(), plain) << text;
    }
}

TEST(Decimal, RefusesWithTheReferenceTexts) {
    struct Case {
        const char* text;
        const char* error;
    };
    for (const auto& [text, error] : {
             Case{".", "can't convert . to decimal"},
             {"", "can't convert  to decimal"},
             {"1..2", "can't convert 1..2 to decimal: too many .s"},
             {"1e", "can't convert 1e to decimal: exponent is not numeric"},
             {"1e+", "can't convert 1e+ to decimal: exponent is not numeric"},
             {"e5", "can't convert  to decimal"},
             {"x e5", "can't convert x  to decimal"},
             {"1 ", "can't convert 1  to decimal"},
             {"1_0", "can't convert 1_0 to decimal"},
             {"0x10", "can't convert 0x10 to decimal"},
             {"\u0661", "can't convert \u0661 to decimal"},
             {"1e2147483648", "can't convert 1e2147483648 to decimal: fractional part too long"},
             {"1e-2147483649", "can't convert 1e-2147483649 to decimal: fractional part too long"},
             {"0.1e-2147483648", "can't convert 0.1e-2147483648 to decimal: fractional part too long"},
             {"Inf", "can't convert Inf to decimal"},
             {"1,5", "can't convert 1,5 to decimal"},
         }) {
        EXPECT_EQ(parse_error(text), error) << text;
    }
}

TEST(Decimal, ReadsFloatsByTheirShortestText) {
    struct Case {
        double value;
        const char* coefficient;
        int exponent;
    };
    for (const auto& [value, coefficient, exponent] : {
             Case{-0.0, "0", 0},
             {0.1, "1", -1},
             {1e21, "1", 21},
             {123456789.123456789, "12345678912345679", -8},
             {5e-324, "5", -324},
             {9007199254740993.0, "9007199254740992", 0},
             {0.30000000000000004, "30000000000000004", -17},
             {-2.5, "-25", -1},
         }) {
        const auto read = std::get<Decimal>(Decimal::from_float(value));
        EXPECT_EQ(read.coefficient().str(), coefficient) << value;
        EXPECT_EQ(read.exponent(), exponent) << value;
    }
    EXPECT_EQ(std::get<Decimal>(Decimal::from_float32(0.1F)).to_string(), "0.1");
    EXPECT_EQ(std::get<Decimal>(Decimal::from_float32(3.4028235e38F)).to_string(),
              "340282350000000000000000000000000000000");
    EXPECT_EQ(std::get<Decimal::ParseError>(Decimal::from_float(std::nan(""))).text,
              "invalid float NaN, cannot convert to decimal");
    EXPECT_EQ(
        std::get<Decimal::ParseError>(Decimal::from_float(-std::numeric_limits<double>::infinity())).text,
        "invalid float -Inf, cannot convert to decimal");
}

TEST(Decimal, AddsSubtractsMultipliesExactly) {
    EXPECT_EQ((decimal("1.10") + decimal("2.2")).to_string(), "3.3");
    EXPECT_EQ((decimal("1e3") - decimal("0.001")).to_string(), "999.999");
    EXPECT_EQ((decimal("1.10") * decimal("2.20")).to_string(), "2.42");
    EXPECT_EQ((decimal("-0.001") * decimal("1000")).to_string(), "-1");
    EXPECT_THROW(decimal("1e2147483647") * decimal("1e1"), std::overflow_error);
}

// Every rounding direction of section 6.2.
TEST(Decimal, DividesRoundingHalfAwayFromZero) {
    struct Case {
        const char* a;
        const char* b;
        int precision;
        const char* quotient;
    };
    for (const auto& [a, b, precision, quotient] : {
             Case{"2", "3", 16, "0.6666666666666667"},
             {"-2", "3", 16, "-0.6666666666666667"},
             {"10", "3", 16, "3.3333333333333333"},
             {"1e-17", "1", 16, "0"},
             {"4.9e-17", "1", 16, "0"},
             {"5e-17", "1", 16, "0.0000000000000001"},
             {"1", "1e20", 16, "0"},
             {"100", "4", 16, "25"},
             {"2", "3", 0, "1"},
             {"-5", "2", 0, "-3"},
             {"5", "-2", 0, "-3"},
             {"-5", "-2", 0, "3"},
             {"12345", "1", -3, "12000"},
             {"12499.99", "1", -3, "12000"},
             {"150", "1", -2, "200"},
             {"50", "1", -2, "100"},
             {"49.9", "1", -2, "0"},
             {"0.5", "1", 0, "1"},
             {"1", "8", 20, "0.125"},
             {"1e-2147483648", "3", 16, "0"},
         }) {
        EXPECT_EQ(decimal(a).divide(decimal(b), precision).to_string(), quotient) << a << " / " << b;
    }
    EXPECT_THROW(decimal("1e2147483647").divide(decimal("1e-1"), 16), std::overflow_error);
    EXPECT_THROW(decimal("1e2000000").divide(decimal("1"), 0), std::overflow_error);
}

TEST(Decimal, ComparesByValue) {
    EXPECT_EQ(decimal("1.0"), decimal("1"));
    EXPECT_LT(decimal("-1").compare(decimal("-0.99")), 0);
    EXPECT_LT(decimal("1e3").compare(decimal("1000.0001")), 0);
    EXPECT_GT(decimal("9.9").compare(decimal("-9.9")), 0);
    EXPECT_LT(decimal("-1e2147483647").compare(decimal("1e-2147483648")), 0);
    EXPECT_GT(decimal("1e2147483647").compare(decimal("1e2147483646")), 0);
    EXPECT_EQ(decimal("0e100").compare(decimal("0")), 0);
}

TEST(Decimal, BecomesAnIntegerTowardZero) {
    EXPECT_EQ(decimal("1.5e3").truncate(), 1500);
    EXPECT_EQ(decimal("-1.9").truncate(), -1);
    EXPECT_EQ(decimal("1e-2147483648").truncate(), 0);
    EXPECT_TRUE(decimal("1.50e1").is_integer());
    EXPECT_FALSE(decimal("1.5").is_integer());
    EXPECT_FALSE(decimal("1e-2147483648").is_integer());
    EXPECT_THROW(decimal("1e2147483647").truncate(), std::overflow_error);
    EXPECT_THROW(decimal("1e2147483647").to_string(), std::overflow_error);
}

}  // namespace
}  // namespace baton

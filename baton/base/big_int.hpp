#pragma once

#include "baton/base/bytes.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace baton {

/// A signed integer of any size: wei, juels, chain ids, ABI words, Go's *big.Int.
using BigInt = boost::multiprecision::cpp_int;

/// Optional sign and decimal digits, nothing else.
std::optional<BigInt> parse_decimal_integer(std::string_view text);
/// "0x" + hex digits of any count >= 1, as in JSON-RPC quantities.
std::optional<BigInt> parse_quantity(std::string_view text);
std::string to_decimal(const BigInt& value);
/// Minimal "0x" hex, "0x0" for zero. REQUIRES: value >= 0.
std::string to_quantity(const BigInt& value);

/// Big-endian magnitude without leading zeros; empty for zero. REQUIRES: value >= 0.
Bytes to_big_endian(const BigInt& value);
/// Big-endian in exactly `width` bytes; two's complement for negative values; taken modulo 256^width.
Bytes to_big_endian(const BigInt& value, std::size_t width);
BigInt from_big_endian(BytesView bytes);

}  // namespace baton

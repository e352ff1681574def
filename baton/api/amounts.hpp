#pragma once

#include "baton/base/big_int.hpp"

#include <string>

namespace baton::api {

/// Juels as v1.11.0 writes LINK amounts: digits, from 10^12 upward a decimal with unit ("0.1 link").
std::string link_amount(const BigInt& juels);
/// `value` / 10^places, trailing zeros dropped: ("1500", 3) gives "1.5".
std::string decimal_amount(const BigInt& value, unsigned places);

}  // namespace baton::api

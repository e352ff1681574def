#include "baton/pipeline/wei_text.hpp"

#include "baton/base/decimal.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace baton::pipeline {

std::string wei_text(const BigInt& wei) {
    if (wei == 0) return "0";
    constexpr std::array<std::string_view, 11> units{"wei",   "kwei",   "mwei",   "gwei",   "micro", "milli",
                                                     "ether", "kether", "mether", "gether", "tether"};
    const std::size_t digits = to_decimal(wei).size();
    const std::size_t unit = std::min((digits - 1) / 3, units.size() - 1);
    const Decimal amount(wei, -3 * static_cast<std::int32_t>(unit));
    return amount.to_string() + " " + std::string(units[unit]);
}

}  // namespace baton::pipeline

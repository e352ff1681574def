#include "baton/api/amounts.hpp"

#include "baton/base/decimal.hpp"

namespace baton::api {

std::string decimal_amount(const BigInt& value, unsigned places) {
    return Decimal(value, -static_cast<std::int32_t>(places)).to_string();
}

std::string link_amount(const BigInt& juels) {
    static const BigInt in_link("1000000000000");
    if (abs(juels) < in_link) return to_decimal(juels);
    return decimal_amount(juels, 18) + " link";
}

}  // namespace baton::api

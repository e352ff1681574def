#include "baton/txm/context.hpp"

#include "baton/store/problem.hpp"

#include <algorithm>

namespace baton::txm {

BigInt Context::gas_price() const {
    return std::min(use.chain.gas_price_default, use.chain.gas_price_max);
}

bool Context::can_sign(const Address& from) {
    if (use.keys->has_eth_key(from)) return true;
    if (without_key_.insert(from).second) {
        use.log.critical(
            "the key ring has no key for this address: its transactions wait; import the key, or disable it "
            "on this chain",
            {{"address", crypto::to_checksum(from)}});
    }
    return false;
}

async::Task<bool> Context::attempt(std::string what, async::Task<void> step) const {
    const auto problem = co_await store::problem_of(std::move(step));
    if (problem.empty()) co_return true;
    use.log.warn(what + " failed and is tried again", {{"reason", problem}});
    co_return false;
}

}  // namespace baton::txm

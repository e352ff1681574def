#include "baton/txm/context.hpp"

#include "baton/pg/error.hpp"

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
    std::string failed;
    try {
        co_await std::move(step);
    } catch (const pg::FenceRefused&) {
        throw;
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        failed = error.what();
    }
    if (failed.empty()) co_return true;
    use.log.warn(what + " failed and is tried again", {{"reason", failed}});
    co_return false;
}

}  // namespace baton::txm

#include "baton/app/pipeline_environment.hpp"

#include "baton/crypto/eip55.hpp"

#include <algorithm>

namespace baton::app {

std::vector<Address> PipelineEnvironment::set_keys(std::vector<store::KeyState> keys,
                                                   const std::function<bool(const Address&)>& can_sign) {
    keys_.clear();
    std::vector<Address> unusable;
    for (auto& key : keys) {
        if (can_sign(key.address)) {
            keys_.push_back(std::move(key));
        } else if (!key.disabled && chain_ && key.chain_id == chain_->chain_id) {
            unusable.push_back(key.address);
        }
    }
    return unusable;
}

std::optional<BigInt> PipelineEnvironment::default_chain() const {
    if (!chain_) return std::nullopt;
    return chain_->chain_id;
}

std::optional<PipelineEnvironment::Chain> PipelineEnvironment::chain(const BigInt& id,
                                                                     const std::string& job_type) const {
    if (!chain_ || chain_->chain_id != id) return std::nullopt;
    Chain chain;
    chain.id = id;
    chain.finality_depth = chain_->finality_depth;
    chain.gas_limit_default = chain_->gas_limit_default;
    if (job_type == "directrequest") chain.gas_limit_for_job_type = chain_->gas_limit_direct_request;
    return chain;
}

pipeline::ChainReader* PipelineEnvironment::chain_reader(const BigInt& chain_id) {
    return chain_ && chain_->chain_id == chain_id ? reader_.get() : nullptr;
}

/// Least recently used first, ties by address (reference/keystore.md section 6).
Address PipelineEnvironment::next_key(const BigInt& chain_id, const std::vector<Address>& candidates) {
    std::optional<Address> best;
    std::uint64_t best_use = 0;
    for (const auto& key : keys_) {
        if (key.disabled || key.chain_id != chain_id) continue;
        if (!candidates.empty() &&
            std::find(candidates.begin(), candidates.end(), key.address) == candidates.end())
            continue;
        const auto used = last_used_.find(key.address);
        const auto use = used == last_used_.end() ? 0 : used->second;
        if (!best || use < best_use || (use == best_use && key.address < *best)) {
            best = key.address;
            best_use = use;
        }
    }
    if (!best) {
        std::string text = "no sending keys available for chain " + to_decimal(chain_id);
        if (!candidates.empty()) {
            text += " that match whitelist: [";
            for (std::size_t i = 0; i < candidates.size(); ++i)
                text += (i > 0 ? " " : "") + crypto::to_checksum(candidates[i]);
            text += "]";
        }
        throw Error(text);
    }
    last_used_[*best] = ++uses_;
    return *best;
}

}  // namespace baton::app

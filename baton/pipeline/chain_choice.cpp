#include "baton/pipeline/chain_choice.hpp"

namespace baton::pipeline {

Result<Environment::Chain> choose_chain(Environment& environment, const std::string& chain_id,
                                        const std::string& job_type) {
    std::optional<BigInt> id;
    if (chain_id.empty()) {
        id = environment.default_chain();
        if (!id)
            return Failure{"cannot get default EVM chain; no EVM chains are available: no EVM chains loaded"};
    } else {
        id = parse_decimal_integer(chain_id);
        if (!id) return failure("invalid EVM chain ID", chain_id);
    }
    auto chain = environment.chain(*id, job_type);
    if (!chain) return Failure{"chain not found with id " + to_decimal(*id)};
    return std::move(*chain);
}

std::uint32_t choose_gas_limit(const Environment::Chain& chain, std::optional<std::uint32_t> job_gas_limit) {
    if (job_gas_limit) return *job_gas_limit;
    return chain.gas_limit_for_job_type.value_or(chain.gas_limit_default);
}

Result<ChainReader*> choose_reader(Environment& environment, const Environment::Chain& chain) {
    ChainReader* const reader = environment.chain_reader(chain.id);
    if (reader == nullptr) return Failure{"no live nodes available for chain " + to_decimal(chain.id)};
    return reader;
}

}  // namespace baton::pipeline

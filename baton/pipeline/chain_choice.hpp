#pragma once

#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/task.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace baton::pipeline {

/// The chain that a task names: empty for the default one (reference/pipeline.md section 19.1). Fails with
/// "chain not found with id 123", "invalid EVM chain ID: abc" or the text for no default chain.
Result<Environment::Chain> choose_chain(Environment& environment, const std::string& chain_id,
                                        const std::string& job_type);

/// Gas limit of a job's specification, also 0, before the chain's for the job type, before the chain's
/// default.
std::uint32_t choose_gas_limit(const Environment::Chain& chain, std::optional<std::uint32_t> job_gas_limit);

/// Never nullptr. Fails with "no live nodes available for chain 123".
Result<ChainReader*> choose_reader(Environment& environment, const Environment::Chain& chain);

}  // namespace baton::pipeline

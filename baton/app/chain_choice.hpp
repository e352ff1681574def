#pragma once

#include "baton/app/config.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/pg/pool.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::app {

/// The chain that the node works for, and how it is reached.
struct ChainChoice {
    BigInt id;
    /// evm_chains.cfg
    std::string database_config;
    std::vector<eth::Endpoint> endpoints;
};

/// Nothing when none is configured. What the operator did not give comes from the database, which may have no
/// tables yet.
async::Task<std::optional<ChainChoice>> choose_chain(EvmConfig configured, pg::Pool& pool,
                                                     async::Deadline deadline);

}  // namespace baton::app

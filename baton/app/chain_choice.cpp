#include "baton/app/chain_choice.hpp"

#include "baton/pg/error.hpp"
#include "baton/store/chains.hpp"

namespace baton::app {

async::Task<std::optional<ChainChoice>> choose_chain(EvmConfig configured, pg::Pool& pool,
                                                     async::Deadline deadline) {
    auto chain_id = configured.chain_id;
    ChainChoice choice;
    choice.database_config = "{}";
    for (const auto& node : configured.nodes)
        choice.endpoints.push_back({node.name, node.ws_url, node.http_url, node.send_only});
    try {
        const auto chains = co_await store::load_chains(pool, deadline);
        for (const auto& row : chains) {
            if (!chain_id && row.enabled) chain_id = row.id;
            if (chain_id && row.id == *chain_id) choice.database_config = row.cfg;
        }
        if (choice.endpoints.empty() && chain_id) {
            const auto nodes = co_await store::load_nodes(pool, deadline);
            for (const auto& node : nodes) {
                if (node.chain_id == *chain_id)
                    choice.endpoints.push_back({node.name, node.ws_url, node.http_url, node.send_only});
            }
        }
    } catch (const pg::StatementFailed& error) {
        if (error.sqlstate() != "42P01") throw;
    }
    if (!chain_id || choice.endpoints.empty()) co_return std::nullopt;
    choice.id = *chain_id;
    co_return choice;
}

}  // namespace baton::app

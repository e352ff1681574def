#pragma once

#include "baton/store/writer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::store {

struct ChainRow {
    BigInt id;
    bool enabled = true;
    /// JSON text of evm_chains.cfg.
    std::string cfg;
};
struct NodeRow {
    std::string name;
    BigInt chain_id;
    std::string ws_url;    // empty for send-only
    std::string http_url;  // may be empty
    bool send_only = false;
};
async::Task<std::vector<ChainRow>> load_chains(pg::Pool& pool, async::Deadline deadline);
async::Task<std::vector<NodeRow>> load_nodes(pg::Pool& pool, async::Deadline deadline);
/// Inserts the chain if missing; replaces the nodes of the chain when they differ
/// (reference/lifecycle-and-locking.md section 9 step 9).
async::Task<void> ensure_chain(Writer writer, BigInt chain_id, std::vector<NodeRow> nodes);

/// node_versions: refuses with v1.11.0's text when the stored version is newer; gives it when it is older: an
/// upgrade.
async::Task<std::optional<std::string>> check_version(pg::Pool& pool, async::Deadline deadline);
/// Writes "1.11.0" when it is absent or lower.
async::Task<void> record_version(Writer writer);

}  // namespace baton::store

#pragma once

#include "baton/model/bridge.hpp"
#include "baton/store/writer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace baton::store {

struct BridgePage {
    std::vector<model::Bridge> bridges;
    std::int64_t count = 0;
};

/// By name.
async::Task<BridgePage> list_bridges(pg::Pool& pool, std::int64_t offset, std::int64_t limit,
                                     async::Deadline deadline);
/// Names are compared exactly; stored ones are lower case.
async::Task<std::optional<model::Bridge>> find_bridge(pg::Pool& pool, std::string name,
                                                      async::Deadline deadline);
/// Those of the names that exist, sorted.
async::Task<std::vector<std::string>> existing_bridges(pg::Pool& pool, std::vector<std::string> names,
                                                       async::Deadline deadline);
/// Gives it with its time. Throws pg::UniqueViolation for a name that exists.
async::Task<model::Bridge> create_bridge(Writer writer, model::Bridge bridge);
/// Changes URL, confirmations and payment of the bridge of that name; nothing when there is none.
async::Task<std::optional<model::Bridge>> update_bridge(Writer writer, model::Bridge bridge);
/// False when there is none.
async::Task<bool> delete_bridge(Writer writer, std::string name);

/// The last good answer of a bridge task, when it is younger than `max_age`.
async::Task<std::optional<std::string>> last_bridge_answer(pg::Pool& pool, std::int32_t pipeline_spec_id,
                                                           std::string dot_id, std::chrono::seconds max_age,
                                                           async::Deadline deadline);
async::Task<void> keep_bridge_answer(Writer writer, std::int32_t pipeline_spec_id, std::string dot_id,
                                     std::string answer);

}  // namespace baton::store

#pragma once

#include "baton/model/leadership.hpp"
#include "baton/store/writer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::store {

/// Reads of the own schema for API and page; `own_schema` is its quoted name. Empty answers while the schema
/// is absent.
async::Task<std::vector<model::LeadershipChange>> leadership_history(pg::Pool& pool, std::string own_schema,
                                                                     std::int64_t limit,
                                                                     async::Deadline deadline);
async::Task<std::vector<model::Instance>> live_instances(pg::Pool& pool, std::string own_schema,
                                                         async::Deadline deadline);
/// Who leads, and the secret of that epoch, with which instances prove to the leader that a call comes from
/// one of them. Never shown.
struct CurrentLeader {
    model::Leadership who;
    Uuid token;
};
/// The row stays when its leader is gone: nothing when that instance has stopped or stands by, or
/// gave no sign of life for longer than `silence` (the server's clock).
async::Task<std::optional<CurrentLeader>> current_leader(pg::Pool& pool, std::string own_schema,
                                                         std::chrono::milliseconds silence,
                                                         async::Deadline deadline);
/// settings: name -> value.
async::Task<std::optional<std::string>> read_setting(pg::Pool& pool, std::string own_schema, std::string name,
                                                     async::Deadline deadline);
/// Inserts or overwrites.
async::Task<void> replace_setting(Writer writer, std::string name, std::string value);

}  // namespace baton::store

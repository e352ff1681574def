#pragma once

#include "baton/api/json_writer.hpp"
#include "baton/api/services.hpp"
#include "baton/model/bridge.hpp"
#include "baton/model/job.hpp"
#include "baton/model/leadership.hpp"
#include "baton/model/run.hpp"
#include "baton/model/user.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Resources of reference/rest-api.md section 5: each writes one {"type","id","attributes"} object.

namespace baton::api {

void write_session(JsonWriter& out, bool authenticated);
void write_user(JsonWriter& out, const model::User& user);

/// `chain_confirmations`: the chain's minimum for a direct request, when the chain is configured; what is
/// shown is the larger one.
void write_job(JsonWriter& out, const model::Job& job, std::optional<std::uint32_t> chain_confirmations);

/// What a run's document says of its job.
struct RunSource {
    std::int32_t job_id = 0;
    /// Task-graph text.
    std::string_view observation_source;
};
void write_run(JsonWriter& out, const model::Run& run, const RunSource& source);

/// `incoming_token`: shown once, at the creation; else empty.
void write_bridge(JsonWriter& out, const model::Bridge& bridge, const std::string& incoming_token);
void write_eth_key(JsonWriter& out, const EthKey& key);
void write_check(JsonWriter& out, const HealthCheck& check);

/// GET /v2/leadership (docs/architecture.md).
struct LeadershipDocument {
    model::LeadershipState state = model::LeadershipState::starting;
    std::string name;
    Uuid client_id;
    /// HA_FORWARD_WRITES.
    bool forwards_writes = true;
    std::optional<model::Leadership> leader;
    std::vector<model::Instance> instances;
    std::vector<model::LeadershipChange> history;
    std::vector<std::string> warnings;
    model::LockingMode mode = model::LockingMode::dual;
    model::LockSurvey survey;
};
void write_leadership(JsonWriter& out, const LeadershipDocument& document);

}  // namespace baton::api

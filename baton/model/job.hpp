#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/uuid.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace baton::model {

/// reference/jobs.md section 3.1
struct DirectRequestSpec {
    std::int32_t id = 0;
    Address contract_address;
    /// As written in the specification; the effective value is max(this, the chain's minimum).
    std::optional<std::uint32_t> min_incoming_confirmations;
    /// Empty: everybody may ask.
    std::vector<Address> requesters;
    /// Juels; nothing: the chain's minimum.
    std::optional<BigInt> min_contract_payment;
    /// Nothing: the node's default chain.
    std::optional<BigInt> evm_chain_id;
    WallTime created_at{};
    WallTime updated_at{};
};

/// reference/jobs.md section 5.1
struct WebhookSpec {
    std::int32_t id = 0;
    struct ExternalInitiator {
        std::string name;
        /// JSON text.
        std::string spec;
    };
    std::vector<ExternalInitiator> external_initiators;
    WallTime created_at{};
    WallTime updated_at{};
};

/// A job of a kind that this version stores and shows but does not run. `type` is the value of jobs.type.
struct OtherSpec {
    std::string type;
};

struct JobError {
    std::int64_t id = 0;
    std::string description;
    std::int64_t occurrences = 1;
    WallTime created_at{};
    WallTime updated_at{};
};

struct Job {
    std::int32_t id = 0;
    Uuid external_job_id;
    std::string name;  // empty: none
    std::uint32_t schema_version = 1;
    std::optional<std::uint32_t> gas_limit;
    bool forwarding_allowed = false;
    /// Upper bound of each task; zero: none.
    std::chrono::nanoseconds max_task_duration{0};
    WallTime created_at{};
    std::int32_t pipeline_spec_id = 0;
    /// Task-graph text, exactly as given.
    std::string observation_source;
    std::variant<DirectRequestSpec, WebhookSpec, OtherSpec> spec;
    std::vector<JobError> errors;
    /// xmin of the row: tells after a takeover whether what was cached before is still the same
    /// (leadership.md section 7).
    std::string row_version;

    /// "directrequest", "webhook", ...
    std::string type() const;
};

}  // namespace baton::model

#include "baton/api/amounts.hpp"
#include "baton/api/presenters.hpp"
#include "baton/crypto/eip55.hpp"

#include <algorithm>
#include <array>

namespace baton::api {

namespace {

/// The ten members of which a job fills one, and the job type of each.
struct SpecKey {
    std::string_view key;
    std::string_view type;
};
constexpr std::array<SpecKey, 10> spec_keys{{
    {"directRequestSpec", "directrequest"},
    {"fluxMonitorSpec", "fluxmonitor"},
    {"cronSpec", "cron"},
    {"offChainReportingOracleSpec", "offchainreporting"},
    {"offChainReporting2OracleSpec", "offchainreporting2"},
    {"keeperSpec", "keeper"},
    {"vrfSpec", "vrf"},
    {"webhookSpec", "webhook"},
    {"blockhashStoreSpec", "blockhashstore"},
    {"bootstrapSpec", "bootstrap"},
}};

void write_spec(JsonWriter& out, const model::DirectRequestSpec& spec,
                std::optional<std::uint32_t> chain_confirmations) {
    // The chain's minimum can only be raised by the specification (jobs.md section 1.5).
    const bool from_chain =
        chain_confirmations && *chain_confirmations > spec.min_incoming_confirmations.value_or(0);
    const auto confirmations = from_chain ? chain_confirmations : spec.min_incoming_confirmations;
    out.begin_object().key("contractAddress").text(crypto::to_checksum(spec.contract_address));
    out.key("minIncomingConfirmations");
    confirmations ? out.integer(*confirmations) : out.null();
    if (from_chain) out.key("minIncomingConfirmationsEnv").boolean(true);
    out.key("minContractPaymentLinkJuels");
    spec.min_contract_payment ? out.text(link_amount(*spec.min_contract_payment)) : out.null();
    out.key("requesters");
    if (spec.requesters.empty()) {
        out.null();
    } else {
        out.begin_array();
        // In lower case, unlike the contract's.
        for (const auto& requester : spec.requesters)
            out.text(to_0x(requester.view()));
        out.end_array();
    }
    out.key("initiator").text("runlog");
    out.key("createdAt").time(spec.created_at).key("updatedAt").time(spec.updated_at);
    out.key("evmChainID");
    spec.evm_chain_id ? out.text(to_decimal(*spec.evm_chain_id)) : out.null();
    out.end_object();
}

void write_own_spec(JsonWriter& out, const model::Job& job,
                    std::optional<std::uint32_t> chain_confirmations) {
    if (const auto* direct = std::get_if<model::DirectRequestSpec>(&job.spec)) {
        write_spec(out, *direct, chain_confirmations);
    } else if (const auto* webhook = std::get_if<model::WebhookSpec>(&job.spec)) {
        out.begin_object().key("createdAt").time(webhook->created_at);
        out.key("updatedAt").time(webhook->updated_at).end_object();
    } else {
        // Stored by a version that runs such jobs; this one does not read their specifications.
        out.null();
    }
}

}  // namespace

void write_job(JsonWriter& out, const model::Job& job, std::optional<std::uint32_t> chain_confirmations) {
    const auto type = job.type();
    out.begin_object().key("type").text("jobs").key("id").text(std::to_string(job.id));
    out.key("attributes").begin_object();
    out.key("name").text(job.name).key("type").text(type).key("schemaVersion").integer(job.schema_version);
    out.key("gasLimit");
    job.gas_limit ? out.integer(*job.gas_limit) : out.null();
    out.key("forwardingAllowed").boolean(job.forwarding_allowed);
    out.key("maxTaskDuration").text(to_go_duration(job.max_task_duration));
    out.key("externalJobID").text(job.external_job_id.to_string());
    for (const auto& spec : spec_keys) {
        out.key(spec.key);
        spec.type == type ? write_own_spec(out, job, chain_confirmations) : static_cast<void>(out.null());
    }
    out.key("pipelineSpec").begin_object().key("id").integer(job.pipeline_spec_id).key("jobID").integer(0);
    out.key("dotDagSource").text(job.observation_source).end_object();
    out.key("errors").begin_array();
    for (const auto& error : job.errors) {
        out.begin_object().key("id").integer(error.id).key("description").text(error.description);
        out.key("occurrences").integer(error.occurrences);
        out.key("createdAt").time(error.created_at).key("updatedAt").time(error.updated_at).end_object();
    }
    out.end_array().end_object().end_object();
}

}  // namespace baton::api

#include "baton/api/job_toml.hpp"

#include "baton/api/toml_fields.hpp"
#include "baton/codec/json.hpp"
#include "baton/pipeline/engine.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace baton::api {

namespace {

using Stage = JobRefused::Stage;

/// What v1.11.0 knows of its job types before it looks at the rest.
struct JobType {
    std::string_view name;
    bool needs_pipeline;
    bool may_wait_for_transactions;
};
constexpr std::array<JobType, 10> known_types{{
    {"blockhashstore", false, false},
    {"bootstrap", false, false},
    {"cron", true, true},
    {"directrequest", true, true},
    {"fluxmonitor", true, false},
    {"keeper", false, true},
    {"offchainreporting", false, false},
    {"offchainreporting2", false, false},
    {"vrf", true, true},
    {"webhook", true, true},
}};

std::shared_ptr<const pipeline::Graph> read_graph(const TomlFields& fields) {
    const auto* value = fields.find("observationSource");
    if (!value) return nullptr;
    try {
        return pipeline::parse_graph(*fields.text("observationSource"));
    } catch (const InvalidInput& fault) {
        fail_text(*value, fault.what());
    }
}

struct CommonPart {
    model::Job job;
    const JobType* type = nullptr;
    std::shared_ptr<const pipeline::Graph> graph;
};

/// Steps 1 to 6 of jobs.md section 1.3.
CommonPart read_common(const TomlFields& fields, std::string_view text, Random& random) {
    CommonPart part;
    auto& job = part.job;
    const auto type = fields.string("type", "job.Type");
    const auto schema_version = fields.uint32("schemaVersion");
    job.name = fields.text("name").value_or("");
    job.external_job_id = fields.uuid("externalJobID").value_or(Uuid{});
    job.max_task_duration = fields.interval("maxTaskDuration").value_or(std::chrono::nanoseconds(0));
    job.gas_limit = fields.nullable_uint32("gasLimit");
    job.forwarding_allowed = fields.boolean("forwardingAllowed");
    job.observation_source = fields.text("observationSource").value_or("");
    part.graph = read_graph(fields);
    if (job.external_job_id.is_zero()) job.external_job_id = Uuid::random(random);

    part.type = std::find_if(known_types.begin(), known_types.end(),
                             [&](const auto& known) { return known.name == type; });
    if (part.type == known_types.end()) throw InvalidInput("invalid job type");
    if (schema_version != 1U) throw InvalidInput("invalid schema version");
    if (part.type->needs_pipeline && job.observation_source.empty())
        throw InvalidInput("pipeline spec not specified");
    if (part.graph && !part.type->may_wait_for_transactions && pipeline::requires_pre_insert(*part.graph))
        throw InvalidInput("async=true tasks are not supported for " + type);
    if (text.find("<{}>") != std::string_view::npos)
        throw InvalidInput("'<{}>' syntax is not supported. Please use \"{}\" instead");
    return part;
}

model::DirectRequestSpec read_direct_request(const TomlFields& fields) {
    model::DirectRequestSpec spec;
    spec.contract_address = fields.eip55_address("contractAddress").value_or(Address{});
    spec.min_incoming_confirmations = fields.nullable_uint32("minIncomingConfirmations");
    spec.requesters = fields.addresses("requesters");
    spec.min_contract_payment = fields.link("minContractPaymentLinkJuels");
    spec.evm_chain_id = fields.big_int("evmChainID");
    return spec;
}

model::WebhookSpec read_webhook(const TomlFields& fields) {
    model::WebhookSpec spec;
    for (const auto& table : fields.tables("externalInitiators")) {
        const TomlFields initiator(table);
        model::WebhookSpec::ExternalInitiator one;
        one.name = initiator.string("name");
        one.spec = initiator.text("spec").value_or("{}");
        try {
            codec::read_json(one.spec);
        } catch (const codec::JsonError& fault) {
            fail_text(*initiator.find("spec"), fault.what());
        }
        spec.external_initiators.push_back(std::move(one));
    }
    return spec;
}

void read_type_part(model::Job& job, std::string_view type, const TomlFields& fields) {
    if (type == "directrequest") {
        job.spec = read_direct_request(fields);
    } else if (type == "webhook") {
        job.spec = read_webhook(fields);
    } else {
        throw JobRefused(Stage::unsupported, "jobs of type " + std::string(type) +
                                                 " are not supported by this version of Baton, which runs "
                                                 "directrequest and webhook");
    }
}

/// Runs `step`; what it finds wrong is refused at `stage`.
template <typename Step>
auto at(Stage stage, Step step) {
    try {
        return step();
    } catch (const JobRefused&) {
        throw;
    } catch (const InvalidInput& fault) {
        throw JobRefused(stage, fault.what());
    }
}

}  // namespace

model::Job read_job_toml(std::string_view text, Random& random) {
    const auto table = at(Stage::common, [&] { return codec::read_toml(text); });
    const TomlFields fields(table);
    auto part = at(Stage::common, [&] { return read_common(fields, text, random); });
    at(Stage::type, [&] { read_type_part(part.job, part.type->name, fields); });
    at(Stage::unsupported, [&] { pipeline::check_runnable(*part.graph); });
    return std::move(part.job);
}

}  // namespace baton::api

#include "baton/api/answers.hpp"
#include "baton/api/go_numbers.hpp"
#include "baton/api/pagination.hpp"
#include "baton/api/presenters.hpp"
#include "baton/api/problem.hpp"
#include "baton/api/routes.hpp"
#include "baton/api/uuid_fault.hpp"
#include "baton/pipeline/resume_body.hpp"
#include "baton/store/pipeline_sources.hpp"
#include "baton/store/runs.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace baton::api {

namespace {

/// Lists of jobs and runs without `size`.
constexpr std::int64_t rows_without_size = 1000;

std::int64_t path_integer(const RequestContext& context, std::string_view name, int bits) {
    const auto parsed = parse_go_integer(context.parameter(name), bits, "ParseInt");
    if (const auto* fault = std::get_if<std::string>(&parsed)) throw Problem(422, *fault);
    return std::get<std::int64_t>(parsed);
}

using Sources = std::map<std::int32_t, store::PipelineSource>;

async::Task<Sources> load_sources(Backend& backend, const std::vector<model::Run>& runs,
                                  async::Deadline deadline) {
    std::set<std::int32_t> ids;
    for (const auto& run : runs)
        ids.insert(run.pipeline_spec_id);
    Sources sources;
    if (ids.empty()) co_return sources;
    std::vector<std::int32_t> wanted(ids.begin(), ids.end());
    auto found = co_await store::find_pipeline_sources(backend.pool(), std::move(wanted), deadline);
    for (auto& source : found)
        sources.emplace(source.pipeline_spec_id, std::move(source));
    co_return sources;
}

void write_run_of(JsonWriter& out, const model::Run& run, const Sources& sources) {
    RunSource source;
    if (const auto found = sources.find(run.pipeline_spec_id); found != sources.end())
        source = {found->second.job_id, found->second.observation_source};
    write_run(out, run, source);
}

async::Task<net::Response> list_runs(Backend& backend, RequestContext& context,
                                     std::optional<std::int32_t> job_id) {
    const auto page = read_page(context.request, rows_without_size);
    const auto found =
        co_await store::list_runs(backend.pool(), job_id, page.offset, page.size, context.deadline);
    const auto sources = co_await load_sources(backend, found.runs, context.deadline);
    JsonWriter out;
    out.begin_object();
    write_links(out, context.request, page, found.count);
    out.key("data").begin_array();
    for (const auto& run : found.runs)
        write_run_of(out, run, sources);
    out.end_array();
    write_meta(out, found.count);
    out.end_object();
    co_return document(out.take());
}

async::Task<net::Response> all_runs(Backend& backend, RequestContext& context) {
    co_return co_await list_runs(backend, context, std::nullopt);
}

async::Task<net::Response> runs_of_job(Backend& backend, RequestContext& context) {
    const auto id = static_cast<std::int32_t>(path_integer(context, "ID", 32));
    co_return co_await list_runs(backend, context, id);
}

async::Task<net::Response> show_run(Backend& backend, RequestContext& context) {
    const auto id = path_integer(context, "runID", 64);
    auto run = co_await store::find_run(backend.pool(), id, context.deadline);
    if (!run) throw Problem(500, "sql: no rows in result set");
    const std::vector<model::Run> runs(1, *std::move(run));
    const auto sources = co_await load_sources(backend, runs, context.deadline);
    JsonWriter out;
    out.begin_object().key("data");
    write_run_of(out, runs.front(), sources);
    out.end_object();
    co_return document(out.take());
}

/// It becomes a part of a row's index.
constexpr std::size_t longest_key = 255;

void check_key(const std::string& key) {
    const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (printable && key.size() <= longest_key) return;
    throw Problem(422, "an Idempotency-Key has at most " + std::to_string(longest_key) +
                           " characters, printable ASCII without blanks");
}

WebhookCall webhook_call(const RequestContext& context, const Uuid& job) {
    check_key(context.key);
    WebhookCall call;
    call.external_job_id = job;
    // A copy: the call may have to be repeated, here or at the next leader.
    call.body = context.request.body;
    call.key = context.key;
    call.callers_key = context.callers_key;
    call.may_be_repeat = context.may_be_repeat;
    return call;
}

net::Response webhook_answer(const WebhookResult& result) {
    switch (result.kind) {
        case WebhookResult::Kind::unknown_job:
            throw Problem(404, "job does not exist");
        case WebhookResult::Kind::key_with_other_body:
            throw Problem(422, "this Idempotency-Key was used before with another body");
        case WebhookResult::Kind::stored:
            break;
    }
    JsonWriter out;
    out.begin_object().key("data");
    write_run(out, result.run, {result.job->id, result.job->observation_source});
    out.end_object();
    return document(out.take());
}

async::Task<net::Response> start_run(Backend& backend, RequestContext& context) {
    backend.writer();  // a standby refuses whatever the id is
    const auto& id = context.parameter("ID");
    if (const auto job = Uuid::parse(id)) {
        auto call = webhook_call(context, *job);
        const auto result = co_await backend.services.webhooks->run_webhook(std::move(call));
        co_return webhook_answer(result);
    }
    const auto number = parse_go_integer(id, 32, "ParseInt");
    if (std::holds_alternative<std::string>(number)) throw Problem(422, "bad job ID");
    if (!backend.settings.dev)
        throw Problem(500, "manual job runs only supported in dev mode - export CHAINLINK_DEV=true to use");
    throw Problem(500, "this version of Baton starts runs by a webhook job's UUID only");
}

pipeline::TaskOutput read_output(const std::string& body) {
    try {
        return pipeline::to_output(pipeline::parse_resume_body(body));
    } catch (const InvalidInput& error) {
        throw Problem(422, error.what());
    }
}

async::Task<void> deliver(TaskResults& results, Uuid task_id, pipeline::TaskOutput output) {
    try {
        co_await results.deliver(task_id, std::move(output));
    } catch (const NotFound& error) {
        throw Problem(500, error.what());
    }
}

async::Task<net::Response> resume_run(Backend& backend, RequestContext& context) {
    backend.writer();
    const auto task_id = Uuid::parse(context.parameter("runID"));
    if (!task_id) throw Problem(422, uuid_fault(context.parameter("runID")));
    auto output = read_output(context.request.body);
    co_await deliver(*backend.services.task_results, *task_id, std::move(output));
    co_return answer(200, "", "");
}

}  // namespace

void add_run_routes(std::vector<Route>& routes) {
    routes.push_back({.method = "POST",
                      .pattern = "/v2/jobs/:ID/runs",
                      .handler = start_run,
                      .role = model::Role::run,
                      .repeatable = true});
    routes.push_back({"GET", "/v2/jobs/:ID/runs", runs_of_job});
    routes.push_back({"GET", "/v2/jobs/:ID/runs/:runID", show_run});
    routes.push_back({"GET", "/v2/pipeline/runs", all_runs});
    routes.push_back({"PATCH", "/v2/resume/:runID", resume_run, Login::none});
}

}  // namespace baton::api

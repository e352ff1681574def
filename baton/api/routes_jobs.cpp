#include "baton/api/answers.hpp"
#include "baton/api/bridge_input.hpp"
#include "baton/api/database_trouble.hpp"
#include "baton/api/go_numbers.hpp"
#include "baton/api/job_toml.hpp"
#include "baton/api/json_input.hpp"
#include "baton/api/pagination.hpp"
#include "baton/api/presenters.hpp"
#include "baton/api/problem.hpp"
#include "baton/api/routes.hpp"
#include "baton/pg/error.hpp"
#include "baton/pipeline/engine.hpp"
#include "baton/store/bridges.hpp"
#include "baton/store/jobs.hpp"

#include <algorithm>

namespace baton::api {

namespace {

constexpr std::int64_t rows_without_size = 1000;
/// The whole creation, as in v1.11.0.
constexpr auto creation_limit = std::chrono::seconds(5);

std::optional<std::uint32_t> chain_confirmations(const Backend& backend, const model::Job& job) {
    const auto* direct = std::get_if<model::DirectRequestSpec>(&job.spec);
    if (!direct) return std::nullopt;
    const auto chain = backend.services.jobs->chain(direct->evm_chain_id);
    if (!chain) return std::nullopt;
    return chain->min_incoming_confirmations;
}

net::Response job_document(const Backend& backend, const model::Job& job) {
    JsonWriter out;
    out.begin_object().key("data");
    write_job(out, job, chain_confirmations(backend, job));
    out.end_object();
    return document(out.take());
}

std::int32_t job_number(const std::string& text) {
    const auto parsed = parse_go_integer(text, 32, "ParseInt");
    if (const auto* fault = std::get_if<std::string>(&parsed)) throw Problem(422, *fault);
    return static_cast<std::int32_t>(std::get<std::int64_t>(parsed));
}

async::Task<net::Response> list_jobs(Backend& backend, RequestContext& context) {
    const auto page = read_page(context.request, rows_without_size);
    const auto found = co_await store::list_jobs(backend.pool(), page.offset, page.size, context.deadline);
    JsonWriter out;
    out.begin_object();
    write_links(out, context.request, page, found.count);
    out.key("data").begin_array();
    for (const auto& job : found.jobs)
        write_job(out, job, chain_confirmations(backend, job));
    out.end_array();
    write_meta(out, found.count);
    out.end_object();
    co_return document(out.take());
}

async::Task<std::optional<model::Job>> find_job(Backend& backend, RequestContext& context) {
    const auto& id = context.parameter("ID");
    if (const auto external = Uuid::parse(id))
        return store::find_job(backend.pool(), *external, context.deadline);
    return store::find_job(backend.pool(), job_number(id), context.deadline);
}

async::Task<net::Response> show_job(Backend& backend, RequestContext& context) {
    const auto job = co_await find_job(backend, context);
    if (!job) throw Problem(404, "job not found");
    co_return job_document(backend, *job);
}

std::string read_toml_member(const std::string& body) {
    try {
        return JsonInput(body, "CreateJobRequest").text("toml");
    } catch (const InvalidInput& error) {
        throw Problem(422, error.what());
    }
}

model::Job read_job(const Backend& backend, const std::string& toml) {
    try {
        return read_job_toml(toml, *backend.services.random);
    } catch (const JobRefused& refused) {
        switch (refused.stage()) {
            case JobRefused::Stage::common:
                throw Problem(422, std::string("failed to parse TOML: ") + refused.what());
            case JobRefused::Stage::unsupported:
                throw Problem(422, refused.what());
            case JobRefused::Stage::type:
                break;
        }
        throw Problem(400, refused.what());
    }
}

/// A chain that this node does not work for: v1.11.0 fails with 500 as well, by a foreign key.
void check_chain(const Backend& backend, const model::Job& job) {
    const auto* direct = std::get_if<model::DirectRequestSpec>(&job.spec);
    if (!direct || backend.services.jobs->chain(direct->evm_chain_id)) return;
    const auto chain =
        direct->evm_chain_id ? "chain " + to_decimal(*direct->evm_chain_id) : "the default chain";
    throw Problem(500, "CreateJobFailed: " + chain + " is not configured on this node");
}

/// Names of the bridges of a job, once each, in lower case as they are stored.
std::vector<std::string> bridges_of(const model::Job& job) {
    std::vector<std::string> names;
    for (const auto& written : pipeline::bridge_names(*pipeline::parse_graph(job.observation_source))) {
        auto name = parse_bridge_name(written);
        if (!name) throw Problem(500, bad_bridge_name_text(written));
        if (std::find(names.begin(), names.end(), *name) == names.end()) names.push_back(*std::move(name));
    }
    return names;
}

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "" : " ") + name;
    return "[" + text + "]";
}

/// v1.11.0's text would show the rows of those that exist, tokens included: here it is their names.
async::Task<void> check_bridges(Backend& backend, const model::Job& job, async::Deadline deadline) {
    const auto asked = bridges_of(job);
    if (asked.empty()) co_return;
    const auto found = co_await store::existing_bridges(backend.pool(), asked, deadline);
    if (found.size() == asked.size()) co_return;
    throw Problem(500, "not all bridges exist, asked for " + listed(asked) + ", exists " + listed(found));
}

async::Task<model::Job> store_job(store::Writer writer, model::Job job) {
    try {
        co_return co_await store::create_job(std::move(writer), std::move(job));
    } catch (const pg::FenceRefused&) {
        throw;
    } catch (const InvalidInput& refused) {
        throw Problem(400, refused.what());
    } catch (const pg::DatabaseError& failed) {
        if (is_database_trouble(failed)) throw;
        throw Problem(500, std::string("CreateJobFailed: ") + failed.what());
    }
}

async::Task<net::Response> create_job(Backend& backend, RequestContext& context) {
    auto writer = backend.writer();
    writer.timeout = std::min<std::chrono::nanoseconds>(writer.timeout, creation_limit);
    auto job = read_job(backend, read_toml_member(context.request.body));
    check_chain(backend, job);
    co_await check_bridges(backend, job, writer.deadline());
    const auto stored = co_await store_job(std::move(writer), std::move(job));
    auto started = stored;
    // When the services cannot start, the answer is the error and the job stays, as in v1.11.0.
    co_await backend.services.jobs->job_created(std::move(started));
    co_return job_document(backend, stored);
}

async::Task<bool> remove_job(store::Writer writer, std::int32_t id) {
    try {
        co_return co_await store::delete_job(std::move(writer), id);
    } catch (const pg::ForeignKeyViolation&) {
        throw Problem(500, "job must be deleted in the feeds manager");
    }
}

async::Task<net::Response> delete_job(Backend& backend, RequestContext& context) {
    auto writer = backend.writer();
    const auto id = job_number(context.parameter("ID"));
    if (id == 0) throw Problem(500, "will not delete job with 0 ID");
    const bool existed = co_await remove_job(std::move(writer), id);
    if (!existed) throw Problem(404, "JobSpec not found");
    co_await backend.services.jobs->job_deleted(id);
    co_return no_content();
}

}  // namespace

void add_job_routes(std::vector<Route>& routes) {
    routes.push_back({"GET", "/v2/jobs", list_jobs});
    routes.push_back({"GET", "/v2/jobs/:ID", show_job});
    routes.push_back({"POST", "/v2/jobs", create_job, Login::token_or_cookie, model::Role::edit});
    routes.push_back({"DELETE", "/v2/jobs/:ID", delete_job, Login::token_or_cookie, model::Role::edit});
}

}  // namespace baton::api

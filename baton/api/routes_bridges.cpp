#include "baton/api/answers.hpp"
#include "baton/api/bridge_input.hpp"
#include "baton/api/pagination.hpp"
#include "baton/api/presenters.hpp"
#include "baton/api/problem.hpp"
#include "baton/api/routes.hpp"
#include "baton/base/base64.hpp"
#include "baton/crypto/sha.hpp"
#include "baton/pg/error.hpp"
#include "baton/pipeline/engine.hpp"
#include "baton/store/bridges.hpp"
#include "baton/store/pipeline_sources.hpp"

namespace baton::api {

namespace {

constexpr std::size_t token_bytes = 24;

std::string new_token(Random& random) {
    return to_base64(random.bytes(token_bytes));
}

net::Response bridge_document(const model::Bridge& bridge, const std::string& incoming_token = "") {
    JsonWriter out;
    out.begin_object().key("data");
    write_bridge(out, bridge, incoming_token);
    out.end_object();
    return document(out.take());
}

std::string path_name(const RequestContext& context) {
    const auto& written = context.parameter("BridgeName");
    auto name = parse_bridge_name(written);
    if (!name) throw Problem(422, bad_bridge_name_text(written));
    return *std::move(name);
}

BridgeInput read_body(const RequestContext& context) {
    try {
        return read_bridge_input(context.request.body);
    } catch (const InvalidInput& error) {
        throw Problem(422, error.what());
    }
}

model::Bridge to_bridge(BridgeInput input) {
    model::Bridge bridge;
    bridge.name = std::move(input.name);
    bridge.url = std::move(input.url);
    bridge.confirmations = input.confirmations;
    bridge.minimum_contract_payment = std::move(input.minimum_contract_payment);
    return bridge;
}

async::Task<model::Bridge> find_bridge(Backend& backend, const RequestContext& context) {
    auto name = path_name(context);
    auto found = co_await store::find_bridge(backend.pool(), std::move(name), context.deadline);
    if (!found) throw Problem(404, "bridge not found");
    co_return *std::move(found);
}

async::Task<net::Response> list_bridges(Backend& backend, RequestContext& context) {
    const auto page = read_page(context.request);
    const auto found = co_await store::list_bridges(backend.pool(), page.offset, page.size, context.deadline);
    JsonWriter out;
    out.begin_object();
    write_links(out, context.request, page, found.count);
    out.key("data").begin_array();
    for (const auto& bridge : found.bridges)
        write_bridge(out, bridge, "");
    out.end_array();
    write_meta(out, found.count);
    out.end_object();
    co_return document(out.take());
}

async::Task<net::Response> show_bridge(Backend& backend, RequestContext& context) {
    const auto bridge = co_await find_bridge(backend, context);
    co_return bridge_document(bridge);
}

async::Task<model::Bridge> store_bridge(store::Writer writer, model::Bridge bridge) {
    const auto name = bridge.name;
    try {
        co_return co_await store::create_bridge(std::move(writer), std::move(bridge));
    } catch (const pg::UniqueViolation&) {
        throw Problem(400, "Bridge Type " + name + " already exists");
    }
}

async::Task<net::Response> create_bridge(Backend& backend, RequestContext& context) {
    auto writer = backend.writer();
    auto input = read_body(context);
    const auto faults = faults_of(input);
    if (!faults.empty()) co_return error_answer(400, faults);
    auto& random = *backend.services.random;
    const auto incoming_token = new_token(random);
    auto bridge = to_bridge(std::move(input));
    bridge.outgoing_token = new_token(random);
    bridge.salt = new_token(random);
    bridge.incoming_token_hash =
        to_hex(crypto::sha3_256(as_bytes(incoming_token + "-" + bridge.salt)).view());
    const auto stored = co_await store_bridge(std::move(writer), std::move(bridge));
    backend.services.jobs->bridge_changed(stored.name);
    co_return bridge_document(stored, incoming_token);
}

async::Task<net::Response> update_bridge(Backend& backend, RequestContext& context) {
    auto writer = backend.writer();
    context.deadline = writer.deadline();
    const auto known = co_await find_bridge(backend, context);
    auto input = read_body(context);
    const auto faults = faults_of(input);
    if (!faults.empty()) co_return error_answer(400, faults);
    // The name of the body has to be there, but cannot change anything.
    input.name = known.name;
    auto bridge = to_bridge(std::move(input));
    const auto updated = co_await store::update_bridge(std::move(writer), std::move(bridge));
    if (!updated) throw Problem(404, "bridge not found");
    backend.services.jobs->bridge_changed(updated->name);
    co_return bridge_document(*updated);
}

bool uses_bridge(const std::string& source, const std::string& name) {
    try {
        for (const auto& written : pipeline::bridge_names(*pipeline::parse_graph(source))) {
            if (parse_bridge_name(written) == name) return true;
        }
    } catch (const InvalidInput&) {
        return false;
    }
    return false;
}

/// Ids of the jobs with a task of that bridge, as Go prints a list.
async::Task<std::string> jobs_with_bridge(Backend& backend, std::string name, async::Deadline deadline) {
    const auto sources = co_await store::pipeline_sources_with(backend.pool(), name, deadline);
    std::string ids;
    for (const auto& source : sources) {
        if (uses_bridge(source.observation_source, name))
            ids += (ids.empty() ? "" : " ") + std::to_string(source.job_id);
    }
    co_return ids;
}

async::Task<net::Response> delete_bridge(Backend& backend, RequestContext& context) {
    auto writer = backend.writer();
    context.deadline = writer.deadline();
    const auto bridge = co_await find_bridge(backend, context);
    auto name = bridge.name;
    const auto jobs = co_await jobs_with_bridge(backend, std::move(name), context.deadline);
    if (!jobs.empty())
        throw Problem(409, "can't remove the bridge because jobs [" + jobs + "] are associated with it");
    name = bridge.name;
    const bool existed = co_await store::delete_bridge(std::move(writer), std::move(name));
    if (!existed) throw Problem(404, "bridge not found");
    backend.services.jobs->bridge_changed(bridge.name);
    co_return bridge_document(bridge);
}

}  // namespace

void add_bridge_routes(std::vector<Route>& routes) {
    constexpr auto either = Login::token_or_cookie;
    routes.push_back({"GET", "/v2/bridge_types", list_bridges});
    routes.push_back({"POST", "/v2/bridge_types", create_bridge, either, model::Role::edit});
    routes.push_back({"GET", "/v2/bridge_types/:BridgeName", show_bridge});
    routes.push_back({"PATCH", "/v2/bridge_types/:BridgeName", update_bridge, either, model::Role::edit});
    routes.push_back({"DELETE", "/v2/bridge_types/:BridgeName", delete_bridge, either, model::Role::edit});
}

}  // namespace baton::api

#include "baton/api/answers.hpp"
#include "baton/api/json_input.hpp"
#include "baton/api/presenters.hpp"
#include "baton/api/problem.hpp"
#include "baton/api/routes.hpp"
#include "baton/store/own.hpp"

namespace baton::api {

namespace {

constexpr std::int64_t history_length = 50;

async::Task<net::Response> ping(Backend&, RequestContext&) {
    co_return answer(200, json_type, R"({"message":"pong"})");
}

async::Task<net::Response> build_info(Backend& backend, RequestContext&) {
    JsonWriter out;
    out.begin_object().key("commitSHA").text(backend.settings.commit);
    out.key("version").text(backend.settings.version).end_object();
    co_return answer(200, json_type, out.take());
}

async::Task<net::Response> list_users(Backend& backend, RequestContext& context) {
    const auto users = co_await store::list_users(backend.pool(), context.deadline);
    JsonWriter out;
    out.begin_object().key("data").begin_array();
    for (const auto& user : users)
        write_user(out, user);
    out.end_array().end_object();
    co_return document(out.take());
}

async::Task<net::Response> list_eth_keys(Backend& backend, RequestContext& context) {
    const auto keys = co_await backend.services.eth_keys->list(context.deadline);
    JsonWriter out;
    out.begin_object().key("data").begin_array();
    for (const auto& key : keys)
        write_eth_key(out, key);
    out.end_array().end_object();
    co_return document(out.take());
}

async::Task<net::Response> show_leadership(Backend& backend, RequestContext& context) {
    const auto& view = *backend.services.leadership;
    LeadershipDocument leadership;
    const auto schema = view.own_schema();
    if (!schema.empty()) {
        auto current = co_await store::current_leader(backend.pool(), schema, backend.settings.leader_silence,
                                                      context.deadline);
        if (current) leadership.leader = std::move(current->who);
        leadership.instances = co_await store::live_instances(backend.pool(), schema, context.deadline);
        leadership.history =
            co_await store::leadership_history(backend.pool(), schema, history_length, context.deadline);
        leadership.survey = co_await backend.services.leadership->locks(context.deadline);
    }
    // After the queries: what this instance is now.
    leadership.state = view.state();
    leadership.name = view.name();
    leadership.forwards_writes = backend.settings.forward_writes;
    leadership.client_id = view.client_id();
    leadership.warnings = view.warnings();
    leadership.mode = view.mode();
    JsonWriter out;
    out.begin_object().key("data");
    write_leadership(out, leadership);
    out.end_object();
    co_return document(out.take());
}

/// {"to": "<name of an instance>"}; no body, or no name: whoever waits first.
std::optional<std::string> named_in(const std::string& body) {
    if (body.empty()) return std::nullopt;
    try {
        auto to = JsonInput(body, "HandoverRequest").text("to");
        return to.empty() ? std::nullopt : std::optional(std::move(to));
    } catch (const InvalidInput& error) {
        throw Problem(422, error.what());
    }
}

/// Answers when the locks are given back. With nothing from the database: the next leader ends every session
/// of this one.
async::Task<net::Response> hand_over(Backend& backend, RequestContext& context) {
    backend.writer();
    auto to = named_in(context.request.body);
    std::string refused;
    try {
        co_await backend.services.leadership->hand_over(std::move(to));
    } catch (const InvalidInput& error) {
        refused = error.what();
    }
    if (!refused.empty()) throw Problem(409, refused);
    co_return answer(204, "", "");
}

}  // namespace

void add_information_routes(std::vector<Route>& routes) {
    routes.push_back({"GET", "/v2/leadership", show_leadership});
    routes.push_back(
        {"POST", "/v2/leadership/handover", hand_over, Login::token_or_cookie, model::Role::admin});
    routes.push_back({"GET", "/v2/keys/eth", list_eth_keys});
    routes.push_back({"GET", "/v2/keys/evm", list_eth_keys});
    routes.push_back({"GET", "/v2/ping", ping});
    routes.push_back({"GET", "/v2/build_info", build_info});
    routes.push_back({"GET", "/v2/users", list_users, Login::token_or_cookie, model::Role::admin});
}

}  // namespace baton::api

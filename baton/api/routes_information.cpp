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
    // Who looks at it looks because something is wrong.
    context.deadline = context.deadline.sooner(async::Deadline::after(backend.short_timeout()));
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

/// The text of a member of the body; empty without a body.
std::string member_of(const std::string& body, const char* request, const char* member) {
    if (body.empty()) return {};
    try {
        return JsonInput(body, request).text(member);
    } catch (const InvalidInput& error) {
        throw Problem(422, error.what());
    }
}

/// {"to": "<name of an instance>"}; no body, or no name: whoever waits first.
/// Answers when the locks are given back. With nothing from the database: the next leader ends every session
/// of this one.
async::Task<net::Response> hand_over(Backend& backend, RequestContext& context) {
    backend.writer();
    auto name = member_of(context.request.body, "HandoverRequest", "to");
    std::optional<std::string> to;
    if (!name.empty()) to = std::move(name);
    std::string refused;
    try {
        co_await backend.services.leadership->hand_over(std::move(to));
    } catch (const InvalidInput& error) {
        refused = error.what();
    }
    if (!refused.empty()) throw Problem(409, refused);
    co_return answer(204, "", "");
}

/// {"name": "<of this instance>"}: who took the address for another instance's kills nobody. There is no
/// answer: the process is gone before it could be sent.
async::Task<net::Response> kill_leader(Backend& backend, RequestContext& context) {
    auto& leadership = *backend.services.leadership;
    const auto name = member_of(context.request.body, "KillRequest", "name");
    if (name != leadership.name())
        throw Problem(409, "this is " + leadership.name() + ", not \"" + name + "\": nothing was done");
    if (!leadership.writer()) throw Problem(409, name + " does not lead: nothing was done");
    const auto survey = co_await leadership.locks(context.deadline);
    if (survey.locks.empty() || survey.locks.front().waiting.empty())
        throw Problem(409, "no other instance waits for the leadership: nothing was done");
    backend.services.log.warn("this instance ends at once, with no clean-up, because it was asked to",
                              {{"by", context.user.email}});
    leadership.die();
    co_return answer(204, "", "");
}

}  // namespace

void add_information_routes(std::vector<Route>& routes) {
    routes.push_back({"GET", "/v2/leadership", show_leadership});
    routes.push_back(
        {"POST", "/v2/leadership/handover", hand_over, Login::token_or_cookie, model::Role::admin});
    Route kill{"POST", "/v2/leadership/kill", kill_leader, Login::token_or_cookie, model::Role::admin};
    // Never passed on: it is meant for the one that was asked.
    kill.on_any_instance = true;
    routes.push_back(kill);
    routes.push_back({"GET", "/v2/keys/eth", list_eth_keys});
    routes.push_back({"GET", "/v2/keys/evm", list_eth_keys});
    routes.push_back({"GET", "/v2/ping", ping});
    routes.push_back({"GET", "/v2/build_info", build_info});
    routes.push_back({"GET", "/v2/users", list_users, Login::token_or_cookie, model::Role::admin});
}

}  // namespace baton::api

#include "cmd/baton/leadership.hpp"

#include "baton/codec/json.hpp"
#include "cmd/baton/failure.hpp"

#include <chrono>
#include <thread>

namespace baton::cli {

namespace {

using namespace std::chrono_literals;

/// Longer than a drain and the time for which a named standby is waited for.
constexpr auto patience = 10s;
constexpr auto look_every = 20ms;
constexpr unsigned ok = 200;

std::string leader_name(Client& client) {
    const auto answer = client.send("GET", "/v2/leadership");
    // The next leader ends the sessions of the one before: its first answers may be errors.
    if (answer.status != ok) return {};
    const auto document = codec::read_json(answer.body);
    const auto* data = codec::member(document, "data");
    const auto* attributes = data ? codec::member(*data, "attributes") : nullptr;
    const auto* leader = attributes ? codec::member(*attributes, "leader") : nullptr;
    return leader ? codec::string_or(*leader, "name") : std::string();
}

}  // namespace

void hand_over_to(Client& client, const std::string& name) {
    codec::Map members;
    if (!name.empty()) members["to"] = codec::Value(name);
    client.fetch("POST", "/v2/leadership/handover", "",
                 codec::write_json(codec::Value::map(std::move(members))));
}

void kill_leader(Client& client, const std::string& name) {
    codec::Map members;
    members["name"] = codec::Value(name);
    Client::Answer answer;
    try {
        answer = client.send("POST", "/v2/leadership/kill",
                             codec::write_json(codec::Value::map(std::move(members))));
    } catch (const Failure&) {
        return;  // it was gone before it could answer
    }
    throw Failure(error_text(answer.status, answer.body));
}

std::string new_leader(Client& client, const std::string& expected) {
    const auto until = std::chrono::steady_clock::now() + patience;
    auto leader = leader_name(client);
    while (leader != expected && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(look_every);
        leader = leader_name(client);
    }
    return leader;
}

}  // namespace baton::cli

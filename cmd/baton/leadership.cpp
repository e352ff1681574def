#include "cmd/baton/leadership.hpp"

#include "cmd/baton/failure.hpp"
#include "cmd/baton/polling.hpp"
#include "cmd/baton/rendering.hpp"

namespace baton::cli {

namespace {

/// Longer than a drain and the time for which a named standby is waited for.
constexpr std::chrono::seconds patience{10};
constexpr unsigned ok = 200;

}  // namespace

std::optional<codec::Value> look_at_leadership(Client& client) {
    const auto answer = client.send("GET", "/v2/leadership");
    if (answer.status != ok) return std::nullopt;
    return read_resources(answer.body).at(0).attributes;
}

std::string leader_name(const codec::Value& leadership) {
    const auto* leader = codec::member(leadership, "leader");
    return leader ? codec::string_or(*leader, "name") : std::string();
}

std::vector<std::string> names_waiting(const codec::Value& leadership) {
    std::vector<std::string> names;
    const auto* waiting = codec::at(leadership, {"locks", "0", "waiting"});
    const auto* list = waiting ? waiting->list_or_null() : nullptr;
    if (!list) return names;
    for (const auto& name : *list) {
        if (const auto* text = name.text_or_null()) names.push_back(*text);
    }
    return names;
}

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
    std::string leader;
    becomes_so(patience, [&] {
        const auto leadership = look_at_leadership(client);
        leader = leadership ? leader_name(*leadership) : std::string();
        return leader == expected;
    });
    return leader;
}

}  // namespace baton::cli

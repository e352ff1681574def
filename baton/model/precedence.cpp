#include "baton/model/precedence.hpp"

#include "baton/base/clock.hpp"
#include "baton/base/error.hpp"

#include <algorithm>

namespace baton::model {

namespace {

/// It writes its row every two seconds.
constexpr std::chrono::seconds alive_within{5};

bool contains(const std::vector<Uuid>& ids, const Uuid& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::string names_of(const std::vector<HandoverCandidate>& candidates, const Uuid& self) {
    std::string names;
    for (const auto& candidate : candidates) {
        if (candidate.client_id == self || !can_take_over(candidate)) continue;
        names += (names.empty() ? "" : ", ") + candidate.name;
    }
    return names.empty() ? "nobody waits" : "waiting: " + names;
}

}  // namespace

std::optional<Rival> Precedence::gives_way_to(const std::vector<Rival>& ahead, std::int64_t epoch) {
    if (epoch != epoch_) let_go_first_.clear();
    epoch_ = epoch;
    for (const auto& rival : ahead) {
        if (rival.named) return rival;
        if (!rival.waits || contains(let_go_first_, rival.client_id)) continue;
        let_go_first_.push_back(rival.client_id);
        return rival;
    }
    return std::nullopt;
}

bool can_take_over(const HandoverCandidate& candidate) {
    return candidate.state == "standby" && candidate.silent_for < alive_within && candidate.waits;
}

bool comes_soon(const HandoverCandidate& candidate) {
    return candidate.state == "standby" && candidate.silent_for < alive_within && !candidate.waits;
}

HandoverCandidate handover_target(const std::vector<HandoverCandidate>& candidates, const Uuid& self,
                                  const std::string& name) {
    std::vector<HandoverCandidate> called;
    bool is_self = false;
    for (const auto& candidate : candidates) {
        if (candidate.name != name) continue;
        if (candidate.client_id == self) {
            is_self = true;
        } else if (candidate.state != "stopped") {
            called.push_back(candidate);
        }
    }
    if (called.empty() && is_self) throw InvalidInput(name + " is the leader itself");
    if (called.empty())
        throw InvalidInput("no instance is called " + name + " (" + names_of(candidates, self) + ")");
    // Left behind by a process that was killed: its successor has the same name.
    const auto gone = std::remove_if(called.begin(), called.end(),
                                     [](const auto& one) { return one.silent_for >= alive_within; });
    if (gone == called.begin()) {
        throw InvalidInput(name + " was last seen " + to_go_duration(called.front().silent_for) +
                           " ago: is it running, and does it reach the database? (" +
                           names_of(candidates, self) + ")");
    }
    called.erase(gone, called.end());
    if (called.size() > 1)
        throw InvalidInput("more than one instance is called " + name +
                           ": give each of them an HA_NAME of its own");
    if (!can_take_over(called.front())) {
        throw InvalidInput(name + " does not wait for the leadership, its state is " + called.front().state +
                           ": look at its log (" + names_of(candidates, self) + ")");
    }
    return called.front();
}

}  // namespace baton::model

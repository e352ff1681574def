#include "cmd/baton/drill.hpp"

#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/drill_load.hpp"
#include "cmd/baton/failure.hpp"
#include "cmd/baton/leadership.hpp"
#include "cmd/baton/polling.hpp"
#include "cmd/baton/rendering.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>
#include <vector>

namespace baton::cli {

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr unsigned ok = 200;
constexpr auto patience = 20s;
/// Of steady load before and after each change of leader: what is under way then is what could be lost.
constexpr auto load_lasts = 1s;

struct Member {
    std::string name;
    std::string url;
};

std::string address_of(const codec::Value& leadership, const std::string& name) {
    const auto* instances = codec::member(leadership, "instances");
    const auto* list = instances ? instances->list_or_null() : nullptr;
    if (!list) return {};
    for (const auto& instance : *list) {
        if (codec::string_or(instance, "name") == name) return codec::string_or(instance, "address");
    }
    return {};
}

struct Members {
    Member leader;
    /// In the order of the queue; not empty.
    std::vector<Member> waiting;
};

Members read_members(Client& client) {
    const auto leadership = read_resources(client.fetch("GET", "/v2/leadership")).at(0).attributes;
    const auto leads = leader_name(leadership);
    if (leads.empty()) throw Failure("nobody leads: there is nothing to hand over");
    Members members{{leads, address_of(leadership, leads)}, {}};
    for (const auto& name : names_waiting(leadership))
        members.waiting.push_back({name, address_of(leadership, name)});
    if (members.waiting.empty()) throw Failure("nobody waits for the leadership: start a second instance");
    return members;
}

bool answers(Client& client, const std::string& path) {
    try {
        return client.send("GET", path).status == ok;
    } catch (const Failure&) {
        return false;
    }
}

void wait_for(Client& client, const Member& member, const std::string& path, const std::string& what) {
    if (!becomes_so(patience, [&] { return answers(client, path); }))
        throw Failure(member.name + " (" + member.url + ") " + what);
}

/// It stands by a moment before it stands in the queue.
void wait_until_queued(Client& client, const Member& member) {
    const bool queued = becomes_so(patience, [&] {
        const auto leadership = look_at_leadership(client);
        const auto names = leadership ? names_waiting(*leadership) : std::vector<std::string>();
        return std::find(names.begin(), names.end(), member.name) != names.end();
    });
    if (!queued) throw Failure(member.name + " does not wait for the leadership");
}

/// What ends the leadership of the instance that the client talks to. Throws Failure when nothing changed.
using Strike = std::function<void(Client& leader)>;

struct Change {
    Member leads;
    /// Between the last answer of the one that it leads and the first of the other.
    SteadyClock::duration gap;
};

/// Strikes the leader and waits until one of `next`, all of which wait, leads.
Change change_leader(const Invocation& invocation, const Member& from, const std::vector<Member>& next,
                     const Strike& strike) {
    Client leader(invocation, from.url);
    Client asking(invocation, from.url);
    std::vector<std::unique_ptr<Client>> standbys;
    wait_for(leader, from, "/leader", "does not say that it leads; can its address be reached from here?");
    for (const auto& to : next) {
        auto& standby = standbys.emplace_back(std::make_unique<Client>(invocation, to.url));
        wait_for(*standby, to, "/standby", "does not stand by; can its address be reached from here?");
        wait_until_queued(leader, to);
    }
    std::exception_ptr refused;
    std::atomic<bool> asked{false};
    std::thread striking([&] {
        try {
            strike(asking);
        } catch (...) {
            refused = std::current_exception();
        }
        asked = true;
    });
    auto led_last = SteadyClock::now();
    const auto until = led_last + patience;
    std::optional<std::size_t> leads;
    while (!leads && SteadyClock::now() < until && !(asked && refused)) {
        if (answers(leader, "/leader")) led_last = SteadyClock::now();
        for (std::size_t i = 0; i < next.size() && !leads; ++i)
            if (answers(*standbys[i], "/leader")) leads = i;
    }
    const auto leads_first = SteadyClock::now();
    striking.join();
    if (refused) std::rethrow_exception(refused);
    if (!leads) throw Failure("nobody took over from " + from.name);
    return {next[*leads], leads_first - led_last};
}

std::int64_t milliseconds(SteadyClock::duration span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

/// The probe runs during the drill, if a job was named for it.
class Probe {
  public:
    Probe(const Invocation& invocation, const Members& members) {
        const auto job = invocation.flags().text("job");
        if (job.empty()) return;
        load_.emplace(invocation, job, members.leader.url, members.waiting.front().url);
        load_->start();
        run_a_while();
    }
    void run_a_while() const {
        if (load_) std::this_thread::sleep_for(load_lasts);
    }
    /// Says what was lost; false when something was.
    bool finish(std::ostream& out) {
        if (!load_) {
            out << "Losses were not measured: name a webhook job without side effects with --job.\n";
            return true;
        }
        load_->stop();
        const int faults = load_->faults();
        out << load_->runs() << " runs, " << faults << " lost or done twice\n";
        return faults == 0;
    }

  private:
    std::optional<DrillLoad> load_;
};

const char* verdict(bool well) {
    return well ? "The drill went well; " : "The drill did not go well; ";
}

int drill_by_handover(const Invocation& invocation, const Members& members) {
    const auto& [leader, waiting] = members;
    Probe probe(invocation, members);
    bool well = true;
    const auto round = [&](const Member& from, const Member& to) {
        const auto change =
            change_leader(invocation, from, {to}, [&](Client& client) { hand_over_to(client, to.name); });
        const auto gap = milliseconds(change.gap);
        invocation.out() << from.name << " -> " << to.name << ": " << gap << " ms without a leader\n";
        well = well && gap <= invocation.flags().integer("limit");
        probe.run_a_while();
    };
    round(leader, waiting.front());
    round(waiting.front(), leader);
    well = probe.finish(invocation.out()) && well;
    invocation.out() << verdict(well) << leader.name << " leads.\n";
    return well ? 0 : 2;
}

/// The confirmation is the name: who means another cluster, or an older state of this one, kills nobody.
void check_confirmation(const Invocation& invocation, const Member& leader) {
    const auto confirmed = invocation.flags().text("confirm");
    if (confirmed == leader.name) return;
    throw Failure((confirmed.empty() ? "" : confirmed + " does not lead. ") +
                  std::string("--kill ends the process of ") + leader.name + " (" + leader.url +
                  ") as a power cut does, and nothing starts it again unless something watches over it. If "
                  "that is meant: --kill --confirm " +
                  leader.name);
}

int drill_by_kill(const Invocation& invocation, const Members& members) {
    const auto& [leader, waiting] = members;
    check_confirmation(invocation, leader);
    Probe probe(invocation, members);
    const auto change =
        change_leader(invocation, leader, waiting, [&](Client& client) { kill_leader(client, leader.name); });
    const auto gap = milliseconds(change.gap);
    invocation.out() << leader.name << " was killed, " << change.leads.name << " leads: " << gap
                     << " ms without a leader\n";
    bool well = gap <= invocation.flags().integer("limit");
    probe.run_a_while();
    well = probe.finish(invocation.out()) && well;
    invocation.out() << verdict(well) << change.leads.name << " leads.\n";
    Client killed(invocation, leader.url);
    if (answers(killed, "/health")) {
        invocation.out() << leader.name << " runs again: something watches over it and started it.\n";
    } else {
        invocation.out() << leader.name
                         << " does not run. Start it again as it was started (docker start, systemctl start, "
                            "baton local n): it stands by then.\n";
    }
    return well ? 0 : 2;
}

}  // namespace

int ha_drill(Invocation& invocation) {
    Client client(invocation);
    const auto members = read_members(client);
    if (invocation.flags().boolean("kill")) return drill_by_kill(invocation, members);
    return drill_by_handover(invocation, members);
}

}  // namespace baton::cli

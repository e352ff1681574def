#include "cmd/baton/drill.hpp"

#include "baton/base/random.hpp"
#include "baton/base/uuid.hpp"
#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/failure.hpp"
#include "cmd/baton/leadership.hpp"
#include "cmd/baton/rendering.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <thread>

namespace baton::cli {

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr unsigned ok = 200;
constexpr auto patience = 20s;
/// Of steady load before and after each handover: what is under way then is what could be lost.
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

/// The leader and the standby that waits first.
std::pair<Member, Member> choose_pair(Client& client) {
    const auto leadership = read_resources(client.fetch("GET", "/v2/leadership")).at(0).attributes;
    const auto* leader = codec::at(leadership, {"leader"});
    const auto leads = leader ? codec::string_or(*leader, "name") : std::string();
    if (leads.empty()) throw Failure("nobody leads: there is nothing to hand over");
    const auto* first = codec::at(leadership, {"locks", "0", "waiting", "0"});
    const auto* waits = first ? first->text_or_null() : nullptr;
    if (!waits) throw Failure("nobody waits for the leadership: start a second instance");
    return {{leads, address_of(leadership, leads)}, {*waits, address_of(leadership, *waits)}};
}

bool answers(Client& client, const std::string& path) {
    try {
        return client.send("GET", path).status == ok;
    } catch (const Failure&) {
        return false;
    }
}

void wait_for(Client& client, const Member& member, const std::string& path, const std::string& what) {
    const auto until = SteadyClock::now() + patience;
    while (!answers(client, path)) {
        if (SteadyClock::now() > until) throw Failure(member.name + " (" + member.url + ") " + what);
        std::this_thread::sleep_for(20ms);
    }
}

/// It stands by a moment before it stands in the queue.
void wait_until_queued(Client& client, const Member& member) {
    const auto until = SteadyClock::now() + patience;
    while (true) {
        const auto answer = client.send("GET", "/v2/leadership");
        if (answer.status == ok) {
            const auto leadership = read_resources(answer.body).at(0).attributes;
            const auto* waiting = codec::at(leadership, {"locks", "0", "waiting"});
            const auto* names = waiting ? waiting->list_or_null() : nullptr;
            for (std::size_t i = 0; names && i < names->size(); ++i) {
                const auto* name = (*names)[i].text_or_null();
                if (name && *name == member.name) return;
            }
        }
        if (SteadyClock::now() > until) throw Failure(member.name + " does not wait for the leadership");
        std::this_thread::sleep_for(20ms);
    }
}

/// One handover; gives the time between the last answer of the one that it leads and the first of the other.
SteadyClock::duration hand_over_once(const Invocation& invocation, const Member& from, const Member& to) {
    Client leader(invocation, from.url);
    Client standby(invocation, to.url);
    Client asking(invocation, from.url);
    wait_for(leader, from, "/leader", "does not say that it leads; can its address be reached from here?");
    wait_for(standby, to, "/standby", "does not stand by; can its address be reached from here?");
    wait_until_queued(leader, to);
    std::exception_ptr refused;
    std::atomic<bool> asked{false};
    std::thread handover([&] {
        try {
            hand_over_to(asking, to.name);
        } catch (...) {
            refused = std::current_exception();
        }
        asked = true;
    });
    auto led_last = SteadyClock::now();
    const auto until = led_last + patience;
    bool leads = false;
    while (!leads && SteadyClock::now() < until && !(asked && refused)) {
        if (answers(leader, "/leader")) led_last = SteadyClock::now();
        leads = answers(standby, "/leader");
    }
    const auto leads_first = SteadyClock::now();
    handover.join();
    if (refused) std::rethrow_exception(refused);
    if (!leads) throw Failure(to.name + " did not take over");
    return leads_first - led_last;
}

/// Starts runs of a webhook job all the time, each under a key of its own, which makes a repeated call
/// harmless: whatever was not answered is sent again, to the other instance.
class Load {
  public:
    Load(const Invocation& invocation, std::string job, const Member& one, const Member& other)
        : path_("/v2/jobs/" + job + "/runs"), first_(invocation, one.url), second_(invocation, other.url) {}

    void start() {
        thread_ = std::thread([this] {
            while (!ended_)
                keep(start_run(Uuid::random(Random::system()).to_string()));
        });
    }
    void stop() {
        ended_ = true;
        if (thread_.joinable()) thread_.join();
    }
    ~Load() { stop(); }

    /// Asks for every run again by its key: the same run has to be found. Gives how many were not.
    int faults() {
        int found = static_cast<int>(unanswered_);
        std::set<std::string> runs;
        for (const auto& [key, run] : runs_) {
            const auto again = start_run(key);
            if (again.second != run || !runs.insert(run).second) ++found;
        }
        return found;
    }
    std::size_t runs() const { return runs_.size() + unanswered_; }

  private:
    std::pair<std::string, std::string> start_run(const std::string& key) {
        const auto until = SteadyClock::now() + patience;
        while (SteadyClock::now() < until) {
            for (auto* client : {&first_, &second_}) {
                try {
                    const auto answer = client->send("POST", path_, "{}", {{"Idempotency-Key", key}});
                    if (answer.status == ok) return {key, read_resources(answer.body).at(0).id};
                } catch (const Error&) {
                    continue;  // nobody answered: the other one may
                }
            }
        }
        return {key, ""};
    }
    void keep(std::pair<std::string, std::string> run) {
        if (run.second.empty()) {
            ++unanswered_;
        } else {
            runs_.insert(std::move(run));
        }
    }

    std::string path_;
    Client first_;
    Client second_;
    std::atomic<bool> ended_{false};
    std::map<std::string, std::string> runs_;
    std::size_t unanswered_ = 0;
    std::thread thread_;
};

std::int64_t milliseconds(SteadyClock::duration span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

}  // namespace

int ha_drill(Invocation& invocation) {
    Client client(invocation);
    const auto [leader, standby] = choose_pair(client);
    const auto job = invocation.flags().text("job");
    const auto limit = invocation.flags().integer("limit");
    std::unique_ptr<Load> load;
    if (!job.empty()) {
        load = std::make_unique<Load>(invocation, job, leader, standby);
        load->start();
    }
    bool well = true;
    const auto round = [&](const Member& from, const Member& to) {
        const auto gap = milliseconds(hand_over_once(invocation, from, to));
        invocation.out() << from.name << " -> " << to.name << ": " << gap << " ms without a leader\n";
        well = well && gap <= limit;
        if (load) std::this_thread::sleep_for(load_lasts);
    };
    if (load) std::this_thread::sleep_for(load_lasts);
    round(leader, standby);
    round(standby, leader);
    if (load) {
        load->stop();
        const int faults = load->faults();
        invocation.out() << load->runs() << " runs, " << faults << " lost or done twice\n";
        well = well && faults == 0;
    } else {
        invocation.out() << "Losses were not measured: name a webhook job without side effects with --job.\n";
    }
    invocation.out() << (well ? "The drill went well; " : "The drill did not go well; ") << leader.name
                     << " leads.\n";
    return well ? 0 : 2;
}

}  // namespace baton::cli

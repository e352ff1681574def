#include "cmd/baton/drill_load.hpp"

#include "baton/base/random.hpp"
#include "baton/base/uuid.hpp"
#include "cmd/baton/rendering.hpp"

#include <chrono>
#include <set>

namespace baton::cli {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr unsigned ok = 200;
constexpr std::chrono::seconds patience{20};

}  // namespace

DrillLoad::DrillLoad(const Invocation& invocation, const std::string& job, const std::string& one,
                     const std::string& other)
    : path_("/v2/jobs/" + job + "/runs"), first_(invocation, one), second_(invocation, other) {}

void DrillLoad::start() {
    thread_ = std::thread([this] {
        while (!ended_)
            keep(start_run(Uuid::random(Random::system()).to_string()));
    });
}

void DrillLoad::stop() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
}

int DrillLoad::faults() {
    int found = static_cast<int>(unanswered_);
    std::set<std::string> runs;
    for (const auto& [key, run] : runs_) {
        const auto again = start_run(key);
        if (again.second != run || !runs.insert(run).second) ++found;
    }
    return found;
}

std::pair<std::string, std::string> DrillLoad::start_run(const std::string& key) {
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

void DrillLoad::keep(std::pair<std::string, std::string> run) {
    if (run.second.empty()) {
        ++unanswered_;
    } else {
        runs_.insert(std::move(run));
    }
}

}  // namespace baton::cli

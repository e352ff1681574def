#include "baton/jobs/directrequest/watched_jobs.hpp"

#include <algorithm>
#include <set>

namespace baton::jobs {

void WatchedJobs::put(Watched one) {
    const auto id = one.job->job.id;
    by_id_[id] = std::move(one);
    reindex();
}

void WatchedJobs::remove(std::int32_t id) {
    if (by_id_.erase(id) > 0) reindex();
}

const WatchedJobs::Watched* WatchedJobs::find(std::int32_t id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
}

std::vector<const WatchedJobs::Watched*> WatchedJobs::of(const model::Log& log) const {
    std::vector<const Watched*> jobs;
    if (log.topics.size() < 2) return jobs;
    const auto [first, last] = by_topic_.equal_range(log.topics[1]);
    for (auto at = first; at != last; ++at) {
        const auto& one = by_id_.at(at->second);
        if (one.contract == log.address && one.topics.match(log)) jobs.push_back(&one);
    }
    return jobs;
}

std::vector<std::int32_t> WatchedJobs::ids() const {
    std::vector<std::int32_t> all;
    for (const auto& [id, one] : by_id_)
        all.push_back(id);
    return all;
}

void WatchedJobs::reindex() {
    by_topic_.clear();
    most_confirmations_ = 0;
    std::set<Address> contracts;
    for (const auto& [id, one] : by_id_) {
        by_topic_.emplace(one.topics.bytes_form, id);
        by_topic_.emplace(one.topics.text_form, id);
        contracts.insert(one.contract);
        most_confirmations_ = std::max(most_confirmations_, one.confirmations);
    }
    contracts_.assign(contracts.begin(), contracts.end());
}

}  // namespace baton::jobs

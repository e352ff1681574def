#include "baton/jobs/directrequest/pending_logs.hpp"

#include <algorithm>
#include <tuple>

namespace baton::jobs {

bool PendingLogs::add(std::int32_t job_id, const model::Log& log, std::uint32_t confirmations) {
    const Id id{job_id, model::key_of(log)};
    if (is_known(id)) return false;
    entries_[id] = Entry{job_id, log, std::max(confirmations, 1U), false};
    return true;
}

void PendingLogs::consumed(const Id& id, std::uint64_t block_number) {
    set_running(id, false);
    entries_.erase(id);
    consumed_[id] = block_number;
}

std::vector<PendingLogs::Id> PendingLogs::due(std::uint64_t head) const {
    std::vector<Id> ids;
    for (const auto& [id, entry] : entries_) {
        if (!entry.running && entry.log.block_number + entry.confirmations - 1 <= head) ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end(), [this](const Id& a, const Id& b) {
        const auto& left = entries_.at(a).log;
        const auto& right = entries_.at(b).log;
        return std::tie(left.block_number, left.log_index, a.first) <
               std::tie(right.block_number, right.log_index, b.first);
    });
    return ids;
}

const PendingLogs::Entry* PendingLogs::find(const Id& id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

void PendingLogs::set_running(const Id& id, bool running) {
    const auto found = entries_.find(id);
    if (found != entries_.end()) count_running(found->second, running);
}

void PendingLogs::count_running(Entry& entry, bool running) {
    if (entry.running == running) return;
    entry.running = running;
    auto& of_job = running_by_job_[entry.job_id];
    running_ += running ? 1 : -1;
    of_job += running ? 1 : -1;
    if (of_job == 0) running_by_job_.erase(entry.job_id);
}

std::size_t PendingLogs::running_of(std::int32_t job_id) const {
    const auto found = running_by_job_.find(job_id);
    return found == running_by_job_.end() ? 0 : found->second;
}

std::vector<model::LogKey> PendingLogs::orphan_above(std::uint64_t fork) {
    std::vector<model::LogKey> keys;
    for (auto at = entries_.begin(); at != entries_.end();) {
        const auto& entry = at->second;
        if (!entry.running && entry.log.block_number > fork) {
            keys.push_back(at->first.second);
            at = entries_.erase(at);
        } else {
            ++at;
        }
    }
    return keys;
}

void PendingLogs::remove_job(std::int32_t job_id) {
    for (auto at = entries_.begin(); at != entries_.end();) {
        if (at->first.first == job_id) {
            count_running(at->second, false);
            at = entries_.erase(at);
        } else {
            ++at;
        }
    }
}

void PendingLogs::forget_below(std::uint64_t block) {
    std::erase_if(consumed_, [&](const auto& one) { return one.second < block; });
}

std::optional<std::uint64_t> PendingLogs::lowest_block() const {
    std::optional<std::uint64_t> lowest;
    for (const auto& [id, entry] : entries_) {
        if (!lowest || entry.log.block_number < *lowest) lowest = entry.log.block_number;
    }
    return lowest;
}

}  // namespace baton::jobs

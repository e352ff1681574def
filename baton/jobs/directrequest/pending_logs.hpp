#pragma once

#include "baton/model/log.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace baton::jobs {

/// The logs that are recorded but not consumed, with what is under way: a pure structure.
class PendingLogs {
  public:
    struct Entry {
        std::int32_t job_id = 0;
        model::Log log;
        /// Depth at which it is due: 1 = as soon as its block is seen.
        std::uint32_t confirmations = 1;
        bool running = false;
    };
    using Id = std::pair<std::int32_t, model::LogKey>;

    /// False when the log is there already, or was consumed.
    bool add(std::int32_t job_id, const model::Log& log, std::uint32_t confirmations);
    /// The log's effect is committed; it is never added again while its block is within the window.
    void consumed(const Id& id, std::uint64_t block_number);
    bool is_known(const Id& id) const { return entries_.contains(id) || consumed_.contains(id); }

    /// Not running, with block + confirmations - 1 <= head; in chain order.
    std::vector<Id> due(std::uint64_t head) const;
    const Entry* find(const Id& id) const;
    /// A due log is executed from now on, or was and waits again.
    void set_running(const Id& id, bool running);

    /// Takes out the waiting logs of blocks above `fork`: their blocks left the chain. Gives their keys.
    /// Those that run are left: their commit decides.
    std::vector<model::LogKey> orphan_above(std::uint64_t fork);
    void remove_job(std::int32_t job_id);
    /// Forgets consumed ones of blocks below `block`.
    void forget_below(std::uint64_t block);

    std::optional<std::uint64_t> lowest_block() const;
    std::size_t size() const { return entries_.size(); }
    std::size_t running() const { return running_; }
    std::size_t running_of(std::int32_t job_id) const;

  private:
    std::map<Id, Entry> entries_;
    std::map<Id, std::uint64_t> consumed_;
    std::size_t running_ = 0;
    std::map<std::int32_t, std::size_t> running_by_job_;

    void count_running(Entry& entry, bool running);
};

}  // namespace baton::jobs

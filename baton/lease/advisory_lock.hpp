#pragma once

#include "baton/lease/lock_session.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::lease {

/// Key of an advisory lock. The forms with one and with two integers never meet, whatever their bits.
class AdvisoryKey {
  public:
    static AdvisoryKey of(std::int64_t id);
    static AdvisoryKey of(std::int32_t high, std::int32_t low);
    /// For pg_advisory_lock(...).
    const std::string& arguments() const { return arguments_; }
    /// SQL condition that picks the key's granted rows of this database in pg_locks.
    std::string granted() const;
    /// SQL condition: this very session holds it.
    std::string held() const;
    /// As granted(), for the rows of sessions that wait for it.
    std::string waited_for() const;
    /// Both.
    std::string rows() const;

  private:
    AdvisoryKey(std::string arguments, std::uint32_t high, std::uint32_t low, int form)
        : arguments_(std::move(arguments)), high_(high), low_(low), form_(form) {}
    std::string arguments_;
    std::uint32_t high_;
    std::uint32_t low_;
    int form_;
};

/// Who holds a lock.
struct LockHolder {
    int pid = 0;
    std::string application_name;
};

/// A look at the holder, and then the lock, if it was granted within the wait.
struct LockWait {
    bool granted = false;
    /// Who held it before the wait; nobody when it was free or held by the session itself.
    std::optional<LockHolder> holder;
    /// Rows of each statement that followed.
    std::vector<pg::Result> followed;
};

/// Queues in the server for at most `slice`, so that the lock is handed over the moment its holder goes. Call
/// again until granted, and not after that: session locks count. The slice bounds how long the waiting
/// statement pins the vacuum horizon; its end raises no error in the server's log. `slice` zero or less is
/// taken as one millisecond.
///
/// `follow_ups` lie in the server already when the lock comes, so that they run without a round trip, in the
/// same transaction: now() in them is the time before the wait. They run after a wait in vain as well; what
/// changes something has to ask by key.held() whether it may.
async::Task<LockWait> wait_for_lock(LockSession& session, AdvisoryKey key, std::chrono::milliseconds slice,
                                    std::chrono::nanoseconds limit,
                                    std::vector<pg::Statement> follow_ups = {});
/// Everything about wait_for_lock() that a session does slowly the first time, without touching the lock.
async::Task<void> prepare_to_wait(LockSession& session, AdvisoryKey key, std::chrono::nanoseconds limit,
                                  std::vector<pg::Statement> follow_ups = {});
/// Whether this very session holds the lock.
async::Task<bool> holds_lock(LockSession& session, AdvisoryKey key, std::chrono::nanoseconds limit);
/// Another session that holds the lock.
async::Task<std::optional<LockHolder>> lock_holder(LockSession& session, AdvisoryKey key,
                                                   std::chrono::nanoseconds limit);
async::Task<void> unlock(LockSession& session, AdvisoryKey key, std::chrono::nanoseconds limit);

}  // namespace baton::lease

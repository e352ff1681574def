#include "baton/async/failure.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error_text.hpp"
#include "baton/lease/machine.hpp"

#include <algorithm>
#include <utility>

namespace baton::lease {

namespace {

/// A database that stalls answers late, and that is no reason to give the locks up; one that never answers
/// again is left.
constexpr int patience = 3;

}  // namespace

void Machine::start_keepers() {
    if (model::uses_lease(settings_.mode)) keepers_->spawn("lease session", keep_lease());
    if (model::uses_advisory_lock(settings_.mode)) keepers_->spawn("advisory lock session", keep_advisory());
    keepers_->spawn("suspicion", keep_suspecting());
}

/// From the moment that the watch lock is held: the sign of life that others look at, and the proof of
/// leadership for this instance.
async::Task<void> Machine::keep_watch() {
    const std::chrono::nanoseconds every = settings_.suspect_after / 8;
    // The statement that brought the lock was the first sign of life.
    co_await async::sleep_for(every);
    while (!quiet_) {
        const auto sent = clock_.steady();
        const auto next = async::Deadline::after(every);
        const auto error = co_await async::failure_of(beat());
        if (error) {
            lose("heartbeat failed: " + text_of(error));
            co_return;
        }
        last_heartbeat_sent_ = std::max(last_heartbeat_sent_, sent);
        co_await async::sleep_until(next);
    }
}

/// While leading it is the fence itself, so that it finds out whatever a writer would, and with fence_1 a
/// little more (db/baton/0002). No row is written: it makes no commit.
async::Task<void> Machine::beat() {
    const auto limit = settings_.lease_duration * patience;
    if (!acting_) {
        co_await watch_.query("select 1", limit);
        co_return;
    }
    pg::Params params;
    params.add(grant_.fence.epoch).add(grant_.fence.token);
    co_await watch_.query("select " + grant_.fence.own_schema + ".fence_1($1::bigint, $2::uuid)",
                          std::move(params), limit);
}

async::Task<void> Machine::keep_lease() {
    while (!quiet_) {
        const bool held = view_.lease.owner == model::LeaseOwner::self;
        const auto next =
            async::Deadline::after(held ? settings_.refresh_interval : settings_.lease_duration / 4);
        const auto error = co_await async::failure_of(tend_lease());
        if (error && lease_.usable()) {
            // The server refused the statement; the session lives and keeps what it holds.
            lease_log_.error("Error trying to refresh database lease: " + text_of(error));
        } else if (error) {
            lose("the lease session failed: " + text_of(error));
            co_return;
        }
        co_await async::sleep_until(next);
    }
}

async::Task<void> Machine::tend_lease() {
    if (view_.lease.owner != model::LeaseOwner::self) {
        co_await lease_.query("select 1", settings_.lease_duration * patience);
        co_return;
    }
    const bool still_ours = co_await lease_row_->refresh(settings_.lease_duration * patience);
    // It may have been given back while the statement was under way.
    if (!still_ours && view_.lease.owner == model::LeaseOwner::self) lose("another node has taken the lease");
}

async::Task<void> Machine::keep_advisory() {
    while (!quiet_) {
        const auto next = async::Deadline::after(view_.advisory_held ? settings_.advisory_check_interval
                                                                     : settings_.lease_duration / 4);
        const auto error = co_await async::failure_of(tend_advisory());
        if (error && advisory_.usable()) {
            advisory_log_.error("Error while checking advisory lock: " + text_of(error));
        } else if (error) {
            lose("the advisory lock session failed: " + text_of(error));
            co_return;
        }
        co_await async::sleep_until(next);
    }
}

async::Task<void> Machine::tend_advisory() {
    if (!view_.advisory_held) {
        co_await advisory_.query("select 1", settings_.lease_duration * patience);
        co_return;
    }
    const bool held = co_await holds_lock(advisory_, advisory_key(), settings_.lease_duration * patience);
    if (!held && view_.advisory_held) lose("another node has taken the advisory lock");
}

}  // namespace baton::lease

#include "baton/lease/suspicion.hpp"

#include "baton/async/failure.hpp"
#include "baton/async/timer.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/machine.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

namespace {

/// A session of pg_stat_activity whose server process waits for its client.
const std::string waits_for_client = "(a.state like 'idle%' or a.wait_event_type = 'Client')";

}  // namespace

async::Task<std::optional<WatchedHolder>> look_at_holder(LockSession& session, AdvisoryKey key,
                                                         std::chrono::nanoseconds limit) {
    const auto rows = co_await session.query(
        "select l.pid, a.backend_start::text, a.state_change::text, coalesce(" + waits_for_client +
            ", false), coalesce(a.application_name, ''), "
            "a.state_change is not null and a.state <> 'disabled' "
            "from pg_locks l join pg_stat_activity a using (pid) where " +
            key.granted() + " and l.pid <> pg_backend_pid()",
        limit);
    if (rows.empty()) co_return std::nullopt;
    const auto row = rows[0];
    WatchedHolder holder;
    holder.look.pid = row.int32(0);
    holder.look.backend_start = row.opt_str(1).value_or("");
    holder.look.state_change = row.opt_str(2).value_or("");
    holder.look.waits_for_client = row.boolean(3);
    holder.application_name = row.str(4);
    holder.visible = !row.is_null(5) && row.boolean(5);
    co_return holder;
}

async::Task<std::optional<Ended>> end_if_still_silent(LockSession& session, pg::OwnSchema names,
                                                      WatchedHolder holder, std::chrono::nanoseconds limit) {
    pg::Params params;
    params.add(holder.look.pid).add(holder.look.backend_start).add(holder.look.state_change);
    params.add(id_start_in(holder.application_name));
    const auto rows = co_await session.query(
        "select t.ended, t.refused from (select from pg_stat_activity a where a.pid = $1::int and "
        "a.backend_start = $2::timestamptz and a.state_change = $3::timestamptz and " +
            waits_for_client + ") silent cross join lateral " + pg::quote_identifier(names.own_schema) +
            ".terminate_sessions_1($4::text) t",
        std::move(params), limit);
    if (rows.empty()) co_return std::nullopt;
    co_return Ended{rows[0].int32(0), rows[0].int32(1)};
}

/// Whose silence matters now: in the queue for the watch lock that of its holder, a Baton; behind a v1.11.0
/// that of the holder of its lock. A v1's lease needs no watcher: it runs out by itself.
std::optional<Machine::Suspect> Machine::suspect() const {
    if (view_.leading || !view_.connected || !view_.own_schema || view_.release_requested)
        return std::nullopt;
    if (!view_.watch_held) return Suspect{watch_key(), settings_.suspect_after};
    if (model::uses_advisory_lock(settings_.mode) && !view_.advisory_held && !view_.advisory_given_back)
        return Suspect{advisory_key(), settings_.lease_duration};
    return std::nullopt;
}

async::Task<void> Machine::keep_suspecting() {
    const std::chrono::nanoseconds every = settings_.suspect_after / 16;
    LockSession session(executor_, "suspicion");
    std::optional<model::Suspicion> suspicion;
    std::string of;
    while (!quiet_) {
        const auto next = async::Deadline::after(every);
        const auto who = suspect();
        if (!who) {
            suspicion.reset();
            session.close();
        } else {
            if (!suspicion || of != who->key.arguments()) suspicion.emplace(who->limit);
            of = who->key.arguments();
            const auto error = co_await async::failure_of(suspect_once(&session, &*suspicion, who->key));
            if (error && async::is_cancellation(error)) std::rethrow_exception(error);
            // The lock sessions find out by themselves when the database is gone.
            if (error) session.close();
        }
        co_await async::sleep_until(next);
    }
}

async::Task<void> Machine::suspect_once(LockSession* session, model::Suspicion* suspicion, AdvisoryKey key) {
    if (!session->usable()) {
        const LockSessionLimits limits{settings_.lease_duration, settings_.suspect_after};
        const auto deadline = async::Deadline::after(settings_.session.connect_timeout);
        co_await session->open(settings_.session, limits, deadline);
    }
    const auto holder = co_await look_at_holder(*session, std::move(key), settings_.query_timeout);
    const bool mine = holder && id_start_in(holder->application_name) == id_start(settings_.client_id);
    if (!holder || mine || !holder->visible) {
        suspicion->looked(std::nullopt, clock_.steady());
        if (holder && !mine) say_holder_is_invisible();
        co_return;
    }
    suspicion->looked(holder->look, clock_.steady());
    if (!suspicion->frozen()) co_return;
    // Before the answer: with the end of those sessions this instance may have the lock at once.
    frozen_ = id_start_in(holder->application_name);
    frozen_since_ = holder->look.state_change;
    const auto ended = co_await end_if_still_silent(*session, names_, *holder, settings_.query_timeout);
    if (!ended) {
        frozen_.clear();
        co_return;
    }
    const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(suspicion->silent_for());
    log_.warn("the holder of the lock has been silent and is taken for frozen: its sessions were ended",
              {{"holder", holder->application_name},
               {"silentFor", to_go_duration(silent)},
               {"sessions", std::to_string(ended->ended)}});
    metrics_.add("leadership_frozen_holders_total", 1, {});
    if (ended->refused > 0)
        log_.error(
            "this role may not end the sessions of the frozen holder: they end by the server's idle limit",
            {{"refused", std::to_string(ended->refused)},
             {"idleLimit", to_go_duration(settings_.lease_duration)}});
    suspicion->looked(std::nullopt, clock_.steady());
}

void Machine::say_holder_is_invisible() {
    if (std::exchange(told_invisible_, true)) return;
    log_.warn(
        "this role cannot see whether the holder of the lock is alive (track_activities is off, or it "
        "belongs to "
        "another role): a frozen one is replaced only when the server ends its idle sessions",
        {{"idleLimit", to_go_duration(settings_.lease_duration)}});
}

}  // namespace baton::lease

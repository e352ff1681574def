#include "baton/async/failure.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error_text.hpp"
#include "baton/lease/hold_off.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/machine.hpp"
#include "baton/lease/precedence.hpp"
#include "baton/pg/text_format.hpp"

#include <algorithm>
#include <utility>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;

/// How long a lock that is given back may take. A session that does not answer is closed, which gives its
/// locks back as well.
constexpr std::chrono::seconds give_back_limit{2};
/// Whoever has just handed over opens its sessions anew before it queues: a handover back right after that
/// waits for it.
constexpr std::chrono::seconds wait_for_candidate{2};
/// How long whoever has given the locks back keeps its sessions: the server needs milliseconds of a core to
/// end each, and the next leader needs them more.
constexpr std::chrono::milliseconds quiet_after_release{100};
/// After a takeover the server is needed for what waited meanwhile.
constexpr std::chrono::milliseconds first_runs{500};
/// The gap of a planned handover is not worth more than this; without the last words the next leader only
/// says "leader gone".
constexpr std::chrono::milliseconds last_words_limit{250};

/// Ends with the work or at the limit, whichever comes first; errors are nobody's business any more.
async::Task<void> for_at_most(async::Executor executor, async::Task<void> work,
                              std::chrono::nanoseconds limit) {
    async::Event ended(executor);
    async::TaskGroup group(executor);
    const auto run = [](async::Task<void> inner, async::Event* done) -> async::Task<void> {
        try {
            co_await std::move(inner);
        } catch (const std::exception&) {
        }
        done->notify();
    };
    group.spawn("bounded", run(std::move(work), &ended));
    const auto until = async::Deadline::after(limit);
    co_await ended.wait(until);
    co_await group.stop();
}

}  // namespace

bool Machine::former_was_frozen() const {
    const auto led = former_v1_ ? former_v1_ : former_.client_id;
    return led && frozen_ == id_start(*led);
}

/// What this instance knows of the end of the leadership before its own.
GapStart Machine::gap_before() const {
    GapStart gap;
    gap.epoch = grant_.change.epoch;
    gap.replaces = former_v1_.has_value();
    if (former_was_frozen()) {
        gap.known_by = "last heartbeat";
        gap.since = frozen_since_;
        return gap;
    }
    gap.known_by = "lock grant";
    // Behind a v1.11.0 the watch lock was held all the time.
    const auto others = former_v1_ ? std::chrono::nanoseconds(0) : granted_at_ - watch_granted_at_;
    const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(others);
    gap.since = pg::timestamp_text(grant_.change.at - grant_.change.took - waited);
    return gap;
}

TakeoverRequest Machine::takeover_request() const {
    TakeoverRequest request;
    request.client_id = settings_.client_id;
    request.name = settings_.name;
    request.address = settings_.address;
    model::FormerLeader former;
    former.client_id = former_.client_id;
    former.state = former_.state;
    former.was_v1 = former_v1_.has_value();
    former.lease_expired = v1_lease_expired_;
    former.frozen = former_was_frozen();
    request.reason = model::takeover_reason(former, settings_.client_id);
    if (former_v1_) request.led_before = v1_leader_prefix + former_v1_->to_string();
    if (model::uses_advisory_lock(settings_.mode)) {
        request.advisory_key = settings_.advisory_lock_id;
        request.advisory_backend = advisory_.backend();
    }
    request.with_lease = model::uses_lease(settings_.mode);
    request.granted_at = granted_at_;
    return request;
}

async::Task<void> Machine::prepare() {
    const auto held = co_await watch_.exclusive();
    if (!own_up_to_date_) {
        const auto deadline = async::Deadline::after(settings_.query_timeout);
        co_await pg::migrate_own_schema(*held, names_, deadline);
        own_up_to_date_ = true;
    }
    if (hooks_.prepare) co_await hooks_.prepare(*held);
}

/// While the lease and the advisory lock are taken on their sessions. With a v1.11.0 about, which may change
/// the schema until it is ended, take_over() does it again.
void Machine::prepare_ahead() {
    prepared_.emplace(executor_);
    const auto work = [](Machine* self, async::Promise<bool> prepared) -> async::Task<void> {
        bool done = false;
        try {
            co_await self->prepare();
            done = true;
        } catch (const std::exception& error) {
            self->log_.debug(std::string("preparing ahead failed: ") + error.what());
        }
        prepared.set_value(done);
    };
    keepers_->spawn("prepare", work(this, *prepared_));
}

async::Task<bool> Machine::is_prepared() {
    if (former_v1_) co_return false;
    if (product_is_complete_) co_return true;
    if (!prepared_) co_return false;
    co_return co_await prepared_->get();
}

async::Task<void> Machine::take_over() {
    move(LeadershipState::taking, "all locks are held");
    if (former_v1_) {
        const auto ended =
            co_await end_sessions(watch_, names_, id_start(*former_v1_), settings_.query_timeout);
        log_.info("sessions of the former Chainlink v1.11.0 were ended",
                  {{"sessions", std::to_string(ended.ended)}});
    }
    const bool prepared = co_await is_prepared();
    if (!prepared) co_await prepare();
    if (interrupted()) co_return;
    const auto sent = clock_.steady();
    const auto deadline = async::Deadline::after(settings_.query_timeout);
    grant_ = co_await lease::take_over(watch_, names_, takeover_request(), token_, clock_, log_, deadline);
    last_heartbeat_sent_ = sent;
    view_.leading = true;
    acting_ = true;
    presence_.set_fence(grant_.fence);
    const bool somebody_led = former_.client_id || former_v1_;
    if (somebody_led) presence_.set_gap(gap_before());
    if (former_v1_) hold_off(*former_v1_);
    // Another Baton took over from it a moment ago, and did not live to hold it off.
    if (!former_v1_ && former_.recent_v1) hold_off(*former_.recent_v1);
    log_.info("took over", {{"epoch", std::to_string(grant_.change.epoch)},
                            {"from", grant_.change.from_instance},
                            {"reason", grant_.change.reason},
                            {"tookMicroseconds", std::to_string(grant_.change.took.count())}});
}

void Machine::hold_off(const Uuid& v1) {
    hold_offs_.spawn("hold-off", hold_off_v1(executor_, settings_, names_, v1, log_));
}

async::Task<bool> Machine::start_services() {
    services_begun_ = true;
    if (!hooks_.lead) co_return true;
    std::exception_ptr error;
    bool finished = false;
    try {
        finished = co_await unless_interrupted(hooks_.lead(grant_));
    } catch (...) {
        error = std::current_exception();
    }
    if (error) epoch_failed("the services did not start: " + text_of(error));
    co_return finished && !error;
}

async::Task<void> Machine::lead() {
    const bool started = co_await start_services();
    if (!started) co_return;
    backoff_.reset();
    move(LeadershipState::leading, grant_.change.reason + ", epoch " + std::to_string(grant_.change.epoch));
    const auto settled = async::Deadline::after(first_runs);
    while (!interrupted() && !settled.passed())
        co_await wake_.wait(settled);
    if (!interrupted()) co_await say_what_a_failover_loses();
    while (!interrupted())
        co_await wake_.wait();
}

/// leadership.md section 8: only synchronous replication loses nothing.
async::Task<void> Machine::say_what_a_failover_loses() {
    std::string unknown;
    bool may_lose = false;
    try {
        const auto rows = co_await watch_.query(
            "select exists (select from pg_stat_replication where application_name not like "
            "'pg_basebackup%') "
            "and current_setting('synchronous_standby_names') = ''",
            settings_.query_timeout);
        may_lose = rows[0].boolean(0);
    } catch (const pg::DatabaseError& error) {
        // Whether the session is lost is the heartbeat's business, which ends the epoch in order.
        unknown = error.what();
    } catch (const TimedOut& error) {
        unknown = error.what();
    }
    if (!unknown.empty()) log_.warn("cannot tell whether commits wait for a replica: " + unknown);
    if (may_lose) {
        log_.warn(
            "commits do not wait for the replicas of this database (synchronous_standby_names is empty): "
            "when "
            "PostgreSQL fails over, the newest ones may be lost");
    }
}

void Machine::epoch_failed(const std::string& why) {
    view_.epoch_over = true;
    loss_ = why;
    log_.error("this instance's epoch is over: " + why);
    wake_.notify();
}

async::Task<void> Machine::end_services(bool orderly) {
    std::exception_ptr error;
    if (hooks_.unlead && services_begun_) error = co_await async::failure_of(hooks_.unlead(orderly));
    if (error) log_.error("the services did not end as they should: " + text_of(error));
    if (orderly && acting_ && !view_.epoch_over) presence_.set_gap(released(grant_.fence.epoch));
    services_begun_ = false;
    acting_ = false;
    view_.leading = false;
    presence_.set_fence(std::nullopt);
}

/// Nothing when no name is given: the first of the queue. Throws InvalidInput when that cannot be.
async::Task<std::optional<Uuid>> Machine::choose_next_leader(std::optional<std::string> to) {
    std::string refused;
    const auto until = async::Deadline::after(wait_for_candidate);
    bool somebody_comes = false;
    // A standby asks again every few seconds, and for a moment between two of its statements it does not
    // wait.
    for (int look = 0; look < 3 || (somebody_comes && !until.passed()); ++look) {
        if (look > 0) co_await async::sleep_for(50ms);
        const auto candidates = co_await handover_candidates(watch_, names_, settings_.query_timeout);
        if (!to && std::any_of(candidates.begin(), candidates.end(), model::can_take_over))
            co_return std::nullopt;
        somebody_comes = std::any_of(candidates.begin(), candidates.end(), [&to](const auto& one) {
            return (!to || one.name == *to) && model::comes_soon(one);
        });
        refused = "no other instance waits for the leadership: start a second one, or look at its log";
        if (!to) continue;
        try {
            co_return model::handover_target(candidates, settings_.client_id, *to).client_id;
        } catch (const InvalidInput& error) {
            refused = error.what();
        }
    }
    throw InvalidInput(refused);
}

async::Task<void> Machine::hand_over(std::optional<std::string> to) {
    if (state_ != LeadershipState::leading) throw InvalidInput("this instance does not lead");
    const auto next = co_await choose_next_leader(std::move(to));
    if (state_ != LeadershipState::leading) throw InvalidInput("this instance does not lead any more");
    next_leader_ = next;
    view_.handover_requested = true;
    wake_.notify();
    while (view_.handover_requested && !ended_)
        co_await handed_over_.wait();
}

async::Task<void> Machine::drain_for_handover() {
    move(LeadershipState::draining, "asked to hand over");
    co_await end_services(true);
    if (const auto next = std::exchange(next_leader_, std::nullopt))
        co_await name_next_leader(watch_, names_, *next, settings_.suspect_after, settings_.query_timeout);
    loss_ = "handed over";
    move(LeadershipState::standby, loss_);
    auto last_words = presence_.written(last_words_limit);
    co_await give_back(std::move(last_words));
    co_await async::sleep_for(quiet_after_release);
}

async::Task<void> Machine::step_down() {
    acting_ = false;
    presence_.set_fence(std::nullopt);
    move(LeadershipState::draining, loss_);
    quiet_ = true;
    // Without the watch lock the others are in somebody's way.
    if (!watch_.usable()) co_await for_at_most(executor_, give_back_lease_and_advisory(), give_back_limit);
    co_await end_services(false);
}

async::Task<void> Machine::release_all() {
    const bool led = view_.leading;
    if (led) {
        acting_ = acting_ && orderly_;
        move(LeadershipState::draining, orderly_ ? "asked to leave" : "cancelled");
        co_await end_services(orderly_);
    }
    auto last_words = presence_.finish(LeadershipState::stopped, last_words_limit);
    co_await give_back(std::move(last_words));
    if (led && orderly_) co_await async::sleep_for(quiet_after_release);
}

async::Task<void> Machine::give_back_lease_and_advisory() {
    // Marked before the statement queues: a keeper's refresh is either in front of it, or not sent any more.
    const bool held_advisory = std::exchange(view_.advisory_held, false);
    const bool held_lease = std::exchange(view_.lease, {}).owner == model::LeaseOwner::self;
    if (held_advisory && advisory_.usable())
        co_await unlock_with_token(advisory_, advisory_key(), token_, give_back_limit);
    if (held_lease && lease_.usable()) co_await lease_row_->release(give_back_limit);
}

/// Advisory lock, lease, watch lock. What is said meanwhile is said before the next leader can be there,
/// which reads how this one ended.
async::Task<void> Machine::give_back(async::Task<void> last_words) {
    quiet_ = true;
    async::TaskGroup words(executor_);
    words.spawn("last words", std::move(last_words));
    co_await for_at_most(executor_, give_back_lease_and_advisory(), give_back_limit);
    co_await words.join();
    if (!view_.watch_held || !watch_.usable()) co_return;
    co_await for_at_most(executor_, unlock(watch_, watch_key(), give_back_limit), give_back_limit);
    view_.watch_held = false;
}

}  // namespace baton::lease

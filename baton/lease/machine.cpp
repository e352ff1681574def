#include "baton/lease/machine.hpp"

#include "baton/async/failure.hpp"
#include "baton/async/timer.hpp"
#include "baton/base/error_text.hpp"

#include <utility>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LeadershipStep;

/// While nobody queues, nobody takes over: the longest pause is part of the bound.
constexpr std::chrono::milliseconds longest_pause{500};
/// A tenure that lasted so long was a good one; the next trouble is a new one.
constexpr std::chrono::seconds steady_after{5};
/// The same trouble is not logged again before this.
constexpr std::chrono::seconds tell_again_after{60};

bool is_start_refused(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const StartRefused&) {
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

/// A mistake here would show as an instance that stands by for ever, or that is suspected while it is well.
void check_settings(const LeaseSettings& settings) {
    if (settings.suspect_after < 500ms || settings.suspect_after > settings.lease_duration / 2) {
        throw StartRefused("HA_SUSPECT_AFTER is " + to_go_duration(settings.suspect_after) +
                           "; it has to lie between 500ms and half of the lease duration (" +
                           to_go_duration(settings.lease_duration / 2) + ")");
    }
    if (settings.refresh_interval <= 0ms || settings.refresh_interval > settings.lease_duration / 2) {
        throw StartRefused("LEASE_LOCK_REFRESH_INTERVAL is " + to_go_duration(settings.refresh_interval) +
                           "; it has to be positive and at most half of the lease duration (" +
                           to_go_duration(settings.lease_duration / 2) + ")");
    }
    constexpr std::size_t kept_by_the_server = 63;
    if (settings.session.application_name.substr(0, kept_by_the_server).find(id_start(settings.client_id)) ==
        std::string::npos) {
        throw StartRefused("application_name \"" + settings.session.application_name +
                           "\" does not carry the start of the client id; a standby could not end the "
                           "sessions of this instance");
    }
}

/// Of a tenure that ends without an orderly release: how it ended is said when it is over.
async::Task<void> no_words() {
    co_return;
}

async::Task<void> note_end(async::Task<void> work, std::exception_ptr* first_error, std::size_t* left,
                           async::Event* wake) {
    const auto error = co_await async::failure_of(std::move(work));
    if (!*first_error) *first_error = error;
    --*left;
    wake->notify();
}

}  // namespace

Machine::Machine(async::Executor executor, pg::Pool& pool, LeaseSettings settings, Leadership::Hooks hooks,
                 const Clock& clock, Random& random, Metrics& metrics, Logger log)
    : executor_(executor),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      clock_(clock),
      random_(random),
      metrics_(metrics),
      log_(log.named("LockedDB")),
      lease_log_(log_.named("LeaseLock").with("appID", settings_.client_id.to_string())),
      advisory_log_(
          log_.named("AdvisoryLock").with("advisoryLockID", std::to_string(settings_.advisory_lock_id))),
      presence_(
          executor, pool, settings_, clock_, [this](const std::string& why) { lost(why); }, log_),
      ended_event_(executor),
      handed_over_(executor),
      backoff_(100ms, longest_pause),
      hold_offs_(executor),
      watch_(executor, "watch", ClosedFirst::watch),
      lease_(executor, "lease", ClosedFirst::locks),
      advisory_(executor, "advisory lock", ClosedFirst::locks),
      wake_(executor) {
    check_settings(settings_);
    // Alerts look at its increase, which needs a value before.
    metrics_.add("leadership_frozen_holders_total", 0, {});
    view_.mode = settings_.mode;
    if (!settings_.session.history) settings_.session.history = std::make_shared<pg::ServerHistory>();
    // While lock sessions are being opened they find out by themselves.
    settings_.session.history->on_other = [this](const std::string& why) {
        if (keepers_) lose(why);
    };
}

Machine::~Machine() {
    settings_.session.history->on_other = {};
}

bool Machine::may_act() const {
    return acting_ && view_.connected && !view_.epoch_over &&
           model::heartbeat_is_fresh(clock_.steady() - last_heartbeat_sent_, settings_.suspect_after);
}

async::Deadline Machine::send_deadline() const {
    const auto since_sent = clock_.steady() - last_heartbeat_sent_;
    const auto left = model::time_left_to_send(since_sent, settings_.suspect_after);
    return async::Deadline::after(may_act() ? left : std::chrono::nanoseconds(0));
}

std::optional<std::chrono::nanoseconds> Machine::heartbeat_age() const {
    if (!acting_) return std::nullopt;
    return clock_.steady() - last_heartbeat_sent_;
}

void Machine::lost(std::string why) {
    if (!view_.leading || view_.epoch_over) return;
    epoch_failed(why);
}

void Machine::lose(const std::string& why) {
    if (quiet_ || !view_.connected) return;
    view_.connected = false;
    loss_ = why;
    wake_.notify();
}

bool Machine::interrupted() const {
    return !view_.connected || view_.release_requested ||
           (view_.leading && (view_.epoch_over || view_.handover_requested));
}

void Machine::move(LeadershipState to, const std::string& why) {
    if (to == state_) return;
    const auto from = std::exchange(state_, to);
    log_.info("leadership: " + model::to_string(from) + " -> " + model::to_string(to) + ": " + why);
    MetricLabels labels;
    labels["from"] = model::to_string(from);
    labels["to"] = model::to_string(to);
    metrics_.add("leadership_moves_total", 1, labels);
    presence_.set_state(to);
    if (hooks_.moved) hooks_.moved(from, to, why);
}

async::Task<void> Machine::run() {
    running_ = true;
    log_.debug("Using database locking mode: " + model::to_string(settings_.mode));
    if (settings_.mode == model::LockingMode::none) {
        log_.warn(
            "locking mode none: a Chainlink v1.11.0 on this database is not excluded; instances "
            "of Baton "
            "exclude each other");
    }
    async::TaskGroup tasks(executor_);
    tasks.spawn("presence", presence_.run());
    tasks.spawn("leadership", work());
    std::exception_ptr cancelled;
    try {
        while (!ended_)
            co_await ended_event_.wait();
    } catch (...) {
        cancelled = std::current_exception();
    }
    if (cancelled) {
        // work() is not cancelled but asked to end: half a release would leave services running without an
        // epoch.
        co_await async::shield_cancellation();
        orderly_ = false;
        view_.release_requested = true;
        wake_.notify();
        while (!ended_)
            co_await ended_event_.wait();
    }
    co_await hold_offs_.stop();
    co_await tasks.stop();
    if (failure_) std::rethrow_exception(failure_);
    if (cancelled) throw Cancelled();
}

async::Task<void> Machine::release() {
    view_.release_requested = true;
    wake_.notify();
    if (!running_) co_return;
    while (!ended_)
        co_await ended_event_.wait();
}

async::Task<void> Machine::work() {
    while (!view_.release_requested) {
        const auto began = clock_.steady();
        const auto error = co_await async::failure_of(tenure());
        const bool taking = state_ == LeadershipState::taking;
        co_await end_tenure();
        if (view_.release_requested) break;
        if (error && state_ == LeadershipState::starting && is_start_refused(error)) {
            failure_ = error;
            break;
        }
        if (clock_.steady() - began > steady_after) backoff_.reset();
        const auto pause = backoff_.next();
        if (error) tenure_failed(error, taking, pause);
        const auto until = async::Deadline::after(pause);
        while (!view_.release_requested && !until.passed())
            co_await wake_.wait(until);
    }
    co_await presence_.finish(LeadershipState::stopped, 1s);
    move(LeadershipState::stopped, failure_ ? text_of(failure_) : "released");
    ended_ = true;
    ended_event_.notify();
}

void Machine::tenure_failed(const std::exception_ptr& error, bool taking,
                            std::chrono::nanoseconds again_after) {
    const std::string what =
        (taking ? "the takeover did not finish: " : "the database locks cannot be waited for: ") +
        text_of(error);
    const auto now = clock_.steady();
    if (what == told_failure_ && now - told_failure_at_ < tell_again_after) return;
    told_failure_ = what;
    told_failure_at_ = now;
    log_.error(what + "; trying again in " +
               to_go_duration(std::chrono::duration_cast<std::chrono::milliseconds>(again_after)) +
               " and at most every " + to_go_duration(longest_pause));
}

async::Task<void> Machine::tenure() {
    const bool release_requested = view_.release_requested;
    view_ = {};
    view_.mode = settings_.mode;
    view_.release_requested = release_requested;
    quiet_ = false;
    listening_ = false;
    loss_.clear();
    watch_tries_ = lease_tries_ = advisory_tries_ = 0;
    token_ = Uuid::random(random_);
    former_ = {};
    lease_expected_of_.reset();
    prepared_.reset();
    product_was_complete_ = product_is_complete_ = false;
    watch_holder_.clear();
    frozen_.clear();
    former_v1_.reset();
    v1_lease_expired_ = false;
    view_.connected = true;
    const bool opened = co_await unless_interrupted(open_sessions());
    if (!opened) co_return;
    keepers_ = std::make_unique<async::TaskGroup>(executor_);
    start_keepers();
    told_failure_.clear();
    if (state_ == LeadershipState::starting) move(LeadershipState::standby, "connected to the database");
    while (true) {
        co_await look();
        const bool goes_on = co_await do_step(model::decide(view_));
        if (!goes_on) co_return;
    }
}

async::Task<bool> Machine::do_step(LeadershipStep step) {
    switch (step) {
        case LeadershipStep::wait_for_watch:
            co_await wait_for_watch();
            break;
        case LeadershipStep::create_own_schema:
            co_await create_own_schema();
            break;
        case LeadershipStep::take_lease:
            co_await take_lease();
            break;
        case LeadershipStep::wait_for_lease:
            co_await wait_for_lease();
            break;
        case LeadershipStep::wait_for_advisory:
            co_await wait_for_advisory();
            break;
        case LeadershipStep::give_advisory_back:
            co_await give_advisory_back();
            break;
        case LeadershipStep::take_over:
            co_await take_over();
            break;
        case LeadershipStep::lead:
            co_await lead();
            break;
        case LeadershipStep::hand_over:
            co_await drain_for_handover();
            co_return false;
        case LeadershipStep::step_down:
            co_await step_down();
            co_return false;
        case LeadershipStep::release:
            co_await release_all();
            co_return false;
        case LeadershipStep::connect:
            throw pg::ConnectionLost(loss_);
        case LeadershipStep::give_all_back:
        case LeadershipStep::stop:
            co_return false;
    }
    co_return true;
}

/// Only what the next step can depend on is asked for: this lies on the way from the leader's death to the
/// takeover.
async::Task<void> Machine::look() {
    if (interrupted() || view_.leading || !view_.watch_held || !view_.own_schema) co_return;
    if (model::uses_lease(view_.mode) && lease_expected_of_) {
        view_.lease.owner = model::LeaseOwner::baton;
    } else if (model::uses_lease(view_.mode) && view_.lease.owner != model::LeaseOwner::self) {
        lease_look_ = co_await lease_row_->look(settings_.query_timeout);
        view_.lease = lease_look_.view;
        // Left behind by an earlier tenure, perhaps run out: as any Baton's row it is taken, and so renewed.
        if (view_.lease.owner == model::LeaseOwner::self) view_.lease.owner = model::LeaseOwner::baton;
        if (view_.lease.owner == model::LeaseOwner::v1) meet_v1(*lease_look_.owner, true);
    }
    if (view_.advisory_given_back) {
        const auto holder = co_await lock_holder(advisory_, advisory_key(), settings_.query_timeout);
        if (holder) view_.advisory_given_back = false;
    }
}

async::Task<void> Machine::end_tenure() {
    if (view_.leading) co_await end_services(false);
    co_await give_back(no_words());
    watch_.close();
    lease_.close();
    advisory_.close();
    if (keepers_) {
        co_await keepers_->stop();
        keepers_.reset();
    }
    view_.connected = false;
    view_.handover_requested = false;
    handed_over_.notify();
    view_.watch_held = view_.advisory_held = false;
    view_.lease = {};
    if (state_ != LeadershipState::starting && !view_.release_requested) {
        move(LeadershipState::standby, loss_.empty() ? "the takeover did not finish" : loss_);
    }
}

async::Task<bool> Machine::unless_interrupted(async::Task<void> work) {
    std::vector<async::Task<void>> works;
    works.push_back(std::move(work));
    co_return co_await unless_interrupted(std::move(works));
}

async::Task<bool> Machine::unless_interrupted(std::vector<async::Task<void>> works) {
    std::exception_ptr error;
    std::size_t left = works.size();
    async::TaskGroup group(executor_);
    for (auto& work : works)
        group.spawn("step", note_end(std::move(work), &error, &left, &wake_));
    while (left > 0 && !interrupted())
        co_await wake_.wait();
    const bool finished = left == 0;
    co_await group.stop();
    if (finished && error) std::rethrow_exception(error);
    co_return finished;
}

}  // namespace baton::lease

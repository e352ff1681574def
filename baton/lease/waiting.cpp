#include "baton/lease/lease_notices.hpp"
#include "baton/lease/machine.hpp"
#include "baton/lease/precedence.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/pg/text_format.hpp"

#include <algorithm>
#include <utility>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

/// Long enough to know that somebody else holds the lock, and to say so.
constexpr std::chrono::milliseconds first_slice{20};
/// A waiting statement pins the vacuum horizon for as long.
constexpr std::chrono::milliseconds later_slice{3'000};
/// A v1 tells nobody when it lets go; its row is looked at instead, closely while it may be about to leave or
/// to try the lock.
constexpr std::chrono::milliseconds lease_look_every{250};
constexpr std::chrono::milliseconds close_look_every{20};
constexpr std::chrono::seconds close_look_for{2};
/// How long the queue is left to a standby that a handover named and that does not stand in it. It asks again
/// within a round trip.
constexpr std::chrono::milliseconds room_for_the_named{50};

/// v1.11.0 prints a waiting line at the tries 0, 1, 2, 4, ... 512 and at every thousandth.
bool is_told(int tries) {
    if (tries >= 1000) return tries % 1000 == 0;
    return (tries & (tries - 1)) == 0;
}

async::Task<void> store(async::Task<LockWait> wait, LockWait* out) {
    *out = co_await std::move(wait);
}

}  // namespace

AdvisoryKey Machine::watch_key() const {
    return AdvisoryKey::of(watch_class, names_.fence_key);
}
AdvisoryKey Machine::advisory_key() const {
    return AdvisoryKey::of(settings_.advisory_lock_id);
}

model::Instance Machine::self() const {
    model::Instance instance;
    instance.client_id = settings_.client_id;
    instance.name = settings_.name;
    instance.address = settings_.address;
    instance.version = settings_.version;
    instance.state = state_;
    return instance;
}

std::chrono::milliseconds Machine::slice(int tries) const {
    return tries == 0 ? first_slice : later_slice;
}

void Machine::say_initial() {
    if (model::uses_lease(settings_.mode)) {
        lease_log_.debug("Taking initial lease...");
    } else if (model::uses_advisory_lock(settings_.mode)) {
        advisory_log_.debug("Taking initial advisory lock...");
    }
}

void Machine::say_lease_is_held() {
    if (is_told(lease_tries_)) {
        lease_log_.info(
            "Another application is currently holding the database lease (or a previous instance exited "
            "uncleanly), waiting for lease to expire...",
            {{"tryCount", std::to_string(lease_tries_)}});
    }
    ++lease_tries_;
}

void Machine::say_advisory_is_held() {
    if (is_told(advisory_tries_)) {
        advisory_log_.info("Another application holds the advisory lock, waiting...",
                           {{"tryCount", std::to_string(advisory_tries_)}});
    }
    ++advisory_tries_;
}

void Machine::meet_v1(const Uuid& client_id, bool by_lease) {
    former_v1_ = client_id;
    v1_lease_expired_ = by_lease && view_.lease.expired;
}

/// Ending the former leader's sessions is right whoever of the waiting goes first.
std::vector<pg::Statement> Machine::follow_ups() const {
    std::vector<pg::Statement> statements;
    const auto whose = own_up_to_date_ ? EndSessions::of_who_did_not_release : EndSessions::of_anybody;
    if (view_.own_schema)
        statements.push_back(end_former_baton(names_, watch_key(), settings_.client_id, whose));
    if (!own_up_to_date_) return statements;
    statements.push_back(ahead_of(names_, settings_.client_id));
    if (product_was_complete_) statements.push_back(pg::look_at_complete_schema());
    return statements;
}

/// Before the advisory lock can count for an epoch, its writers have to be able to see that it is held.
std::vector<pg::Statement> Machine::with_advisory() const {
    std::vector<pg::Statement> statements;
    statements.push_back(lock_token(advisory_key(), token_));
    return statements;
}

async::Task<void> Machine::wait_for_watch() {
    if (watch_tries_ == 0) say_initial();
    auto statements = follow_ups();
    LockWait wait;
    const bool finished =
        co_await unless_interrupted(store(wait_for_lock(watch_, watch_key(), slice(watch_tries_),
                                                        settings_.query_timeout, std::move(statements)),
                                          &wait));
    if (!finished) co_return;
    if (wait.granted && wait.followed.size() > 1) {
        const bool let_go = co_await gave_way(std::move(wait.followed[1]));
        if (let_go) co_return;
    }
    if (wait.granted) {
        granted_at_ = watch_granted_at_ = clock_.steady();
        view_.watch_held = true;
        keepers_->spawn("watch session", keep_watch());
        product_is_complete_ = wait.followed.size() > 2 && pg::is_still_complete(wait.followed[2]);
        if (!wait.followed.empty()) co_await claim_from(read_former_baton(wait.followed[0]));
        co_return;
    }
    watch_holder_ = wait.holder ? id_start_in(wait.holder->application_name) : std::string();
    // Another Baton leads, or waits for a v1. For whoever reads the log it is the same as with v1.11.0.
    if (watch_tries_ == 0) presence_.announce_wait();
    ++watch_tries_;
    if (model::uses_lease(settings_.mode)) {
        say_lease_is_held();
    } else if (model::uses_advisory_lock(settings_.mode)) {
        say_advisory_is_held();
    }
}

/// The lock is given back, and the one that goes first has it at once: it stands in the queue. One that a
/// handover named may be between two of its statements; it is left some time without anybody else in the
/// queue.
async::Task<bool> Machine::gave_way(pg::Result rivals) {
    const auto ahead = read_ahead(rivals);
    const auto rival = precedence_.gives_way_to(ahead.rivals, ahead.epoch);
    if (!rival) co_return false;
    if (rival->waits) {
        log_.info("standby: " + rival->name + " takes over first, because " +
                  (rival->named ? "the handover named it" : "its HA_PRIORITY is higher"));
        metrics_.add("leadership_gave_way_total", 1, {});
    }
    co_await unlock(watch_, watch_key(), settings_.query_timeout);
    if (rival->waits) co_return true;
    const auto until = async::Deadline::after(room_for_the_named);
    while (!until.passed() && !interrupted())
        co_await wake_.wait(until);
    co_return true;
}

/// What a Baton had goes to the next holder of the watch lock, whom nobody else waits beside: so the lease
/// and the advisory lock are asked for at the same time (docs/decisions/quiet-release.md).
async::Task<void> Machine::claim_from(FormerBaton former) {
    bool claimed = false;
    std::optional<LockWait> advisory;
    const bool both = former.client_id && settings_.mode == model::LockingMode::dual;
    if (both) advisory.emplace();
    const auto claim = [this, &claimed]() -> async::Task<void> { claimed = co_await claimed_lease(); };
    std::vector<async::Task<void>> claims;
    claims.push_back(claim());
    if (both) {
        claims.push_back(store(
            wait_for_lock(advisory_, advisory_key(), first_slice, settings_.query_timeout, with_advisory()),
            &*advisory));
    }
    const bool finished = co_await unless_interrupted(std::move(claims));
    if (!finished) co_return;
    co_await former_baton_ended(std::move(former));
    if (claimed) lease_taken();
    if (advisory && advisory->granted) advisory_answered(*advisory);
}

async::Task<void> Machine::former_baton_ended(FormerBaton former) {
    former_ = std::move(former);
    lease_expected_of_ = former_.client_id;
    // Where nobody led there may be a schema to create, which waits until all locks are held.
    if (former_.client_id && !product_is_complete_) prepare_ahead();
    if (former_.sessions.refused > 0) {
        log_.warn("this role may not end sessions of the former leader; they are shut out by the fence only",
                  {{"leader", former_.instance}, {"sessions", std::to_string(former_.sessions.refused)}});
    }
    // Whoever held the watch lock may have had the other locks as well, without leading yet.
    const auto holder = std::exchange(watch_holder_, {});
    const bool ended = former_.client_id && holder == id_start(*former_.client_id);
    if (holder.empty() || ended || holder == id_start(settings_.client_id)) co_return;
    co_await end_sessions(watch_, names_, holder, settings_.query_timeout);
    pg::Params id;
    id.add(holder);
    const auto rows = co_await watch_.query("select name from " + pg::quote_identifier(names_.own_schema) +
                                                ".instances where starts_with(client_id::text, $1)",
                                            std::move(id), settings_.query_timeout);
    if (!rows.empty()) log_.info(rows[0].str(0) + ", which held the watch lock and did not lead, is gone");
}

async::Task<void> Machine::create_own_schema() {
    {
        const auto held = co_await watch_.exclusive();
        const auto deadline = async::Deadline::after(settings_.query_timeout);
        co_await pg::migrate_own_schema(*held, names_, deadline);
    }
    view_.own_schema = true;
    own_up_to_date_ = true;
    presence_.set_names(names_);
    auto statement = end_former_baton(names_, watch_key(), settings_.client_id);
    const auto ended =
        co_await watch_.query(std::move(statement.sql), std::move(statement.params), settings_.query_timeout);
    former_ = read_former_baton(ended);
}

async::Task<void> Machine::take_lease() {
    LeaseRow::Claim claim;
    if (lease_expected_of_) {
        // Without a look nobody knows whose row ran out, and a v1.11.0 whose row is taken has to be held off.
        claim.also_from = std::exchange(lease_expected_of_, {});
        claim.expired = false;
    } else if (view_.lease.owner != model::LeaseOwner::v1 || !view_.lease.expired) {
        // A row that ran out is anybody's. One that did not is taken only from the very owner that was looked
        // at.
        claim.also_from = lease_look_.owner;
    }
    const bool taken = co_await lease_row_->take(claim, self(), settings_.query_timeout);
    if (!taken) co_return;
    // The former leader's is claimed without a look, and needs no word.
    const bool looked = claim.expired && lease_look_.owner != settings_.client_id;
    if (looked && view_.lease.owner == model::LeaseOwner::baton && !view_.lease.expired) {
        log_.info("took the lease of " + lease_look_.owner_name + ", which is gone",
                  {{"leaseLeft", to_go_duration(lease_look_.left)}});
    }
    lease_taken();
}

async::Task<bool> Machine::claimed_lease() {
    if (!own_up_to_date_ || !lease_row_ || !lease_row_->table_exists()) co_return false;
    co_return co_await lease_row_->claim(watch_, settings_.query_timeout);
}

void Machine::lease_taken() {
    lease_expected_of_.reset();
    view_.lease = {};
    view_.lease.owner = model::LeaseOwner::self;
    view_.advisory_given_back = false;
    granted_at_ = clock_.steady();
    lease_log_.debug("Got exclusive lease on database");
}

async::Task<void> Machine::wait_for_lease() {
    if (lease_tries_ == 0) presence_.announce_wait();
    if (!listening_) {
        keepers_->spawn("lease notices", listen_for_released_leases(settings_, names_, &wake_));
        listening_ = true;
    }
    say_lease_is_held();
    const bool closely = view_.advisory_given_back && clock_.steady() - gave_back_at_ < close_look_for;
    // One millisecond more, because a row counts as expired only after its time.
    const auto left = std::max(lease_look_.left, 0ms) + 1ms;
    const auto until = async::Deadline::after(std::min(left, closely ? close_look_every : lease_look_every));
    co_await wake_.wait(until);
}

async::Task<void> Machine::wait_for_advisory() {
    if (advisory_tries_ == 0 && model::uses_lease(settings_.mode))
        advisory_log_.debug("Taking initial advisory lock...");
    if (is_told(advisory_tries_)) advisory_log_.debug("Taking advisory lock");
    auto span = slice(advisory_tries_);
    // With a v1's lease running (dual), its end is the other thing that is waited for.
    if (model::uses_lease(settings_.mode) && view_.lease.owner != model::LeaseOwner::self) {
        span = std::min(span, std::max(lease_look_.left, 0ms) + 1ms);
    }
    auto statements = with_advisory();
    LockWait wait;
    const bool finished = co_await unless_interrupted(
        store(wait_for_lock(advisory_, advisory_key(), span, settings_.query_timeout, std::move(statements)),
              &wait));
    if (!finished) co_return;
    advisory_answered(wait);
    if (!wait.granted) {
        if (advisory_tries_ == 0) presence_.announce_wait();
        say_advisory_is_held();
        co_await end_former_holder(std::move(wait.holder));
    }
}

void Machine::advisory_answered(const LockWait& wait) {
    if (wait.holder) {
        const auto v1 = v1_client_id(wait.holder->application_name);
        if (v1) meet_v1(*v1, false);
    }
    if (!wait.granted) return;
    require_token_lock(wait.followed.front());
    view_.advisory_held = true;
    view_.advisory_given_back = false;
    granted_at_ = clock_.steady();
    advisory_log_.debug("Got advisory lock");
}

/// A Baton that noted its release keeps its sessions, and then may not have got to the release itself.
async::Task<void> Machine::end_former_holder(std::optional<LockHolder> holder) {
    if (!holder || !view_.watch_held || !former_.client_id) co_return;
    const auto id = id_start(*former_.client_id);
    if (id == id_start(settings_.client_id) || id_start_in(holder->application_name) != id) co_return;
    const auto ended = co_await end_sessions(watch_, names_, id, settings_.query_timeout);
    log_.warn(
        former_.instance + " noted that it left, and still held the advisory lock; its sessions were ended",
        {{"sessions", std::to_string(ended.ended)}});
}

async::Task<void> Machine::give_advisory_back() {
    co_await unlock_with_token(advisory_, advisory_key(), token_, settings_.query_timeout);
    view_.advisory_held = false;
    view_.advisory_given_back = true;
    gave_back_at_ = clock_.steady();
    log_.debug("gave the advisory lock back to the Chainlink v1.11.0 that owns the lease");
}

}  // namespace baton::lease

#include "baton/lease/maintenance.hpp"

#include "baton/async/timer.hpp"
#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/gap.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/lease/survey.hpp"
#include "baton/lease/takeover.hpp"
#include "baton/lease/token_lock.hpp"
#include "baton/model/leadership_decision.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

namespace {

/// Longer than any command that only changes the schema: nothing refreshes its lease.
constexpr std::chrono::minutes unattended_lease{5};

}  // namespace

Maintenance::Maintenance(async::Executor executor, LeaseSettings settings)
    : settings_(std::move(settings)), session_(executor, "maintenance") {}

async::Task<void> Maintenance::connect() {
    const LockSessionLimits limits{settings_.lease_duration, settings_.suspect_after};
    const auto deadline = async::Deadline::after(settings_.session.connect_timeout);
    co_await session_.open(settings_.session, limits, deadline);
    // Killed within a statement: the locks end with the statement, which would go on.
    co_await session_.query(
        "select set_config(name, '100', false) from pg_settings where name = "
        "'client_connection_check_interval'",
        settings_.query_timeout);
    const auto found = co_await find_schemas(session_, settings_.query_timeout);
    names_ = found.names;
    own_tables_ = found.own_tables;
}

async::Task<void> Maintenance::take_locks() {
    const auto watch = AdvisoryKey::of(watch_class, names_.fence_key);
    const auto advisory = AdvisoryKey::of(settings_.advisory_lock_id);
    co_await session_.refuse_transaction_pooling(settings_.session,
                                                 async::Deadline::after(settings_.session.connect_timeout));
    bool all = co_await try_lock(watch.arguments());
    if (all) {
        co_await make_own_schema();
        co_await register_command(model::LeadershipState::taking);
    }
    if (all && model::uses_lease(settings_.mode)) all = co_await try_lease();
    if (all && model::uses_advisory_lock(settings_.mode)) all = co_await try_lock(advisory.arguments());
    if (!all) co_await refuse();
}

async::Task<bool> Maintenance::try_lock(std::string arguments) {
    const auto got =
        co_await session_.query("select pg_try_advisory_lock(" + arguments + ")", settings_.query_timeout);
    co_return got[0].boolean(0);
}

/// Under the watch lock, as before an instance's first takeover. An older one stays as it is.
async::Task<void> Maintenance::make_own_schema() {
    pg::Params name;
    name.add(pg::quote_identifier(names_.own_schema) + ".instances");
    const auto found = co_await session_.query("select to_regclass($1::text) is not null", std::move(name),
                                               settings_.query_timeout);
    if (!found[0].boolean(0)) {
        const auto held = co_await session_.exclusive();
        co_await pg::migrate_own_schema(*held, names_, async::Deadline::after(settings_.query_timeout));
    }
    own_tables_ = true;
}

model::Instance Maintenance::self(model::LeadershipState state) const {
    model::Instance instance;
    instance.client_id = settings_.client_id;
    instance.name = settings_.name;
    instance.address = settings_.address;
    instance.version = settings_.version;
    instance.state = state;
    return instance;
}

async::Task<void> Maintenance::register_command(model::LeadershipState state) {
    auto params = register_instance_params(self(state));
    co_await session_.query(register_instance_sql(names_), std::move(params), settings_.query_timeout);
    registered_ = true;
}

/// Nobody else's row is touched before it has run out.
async::Task<bool> Maintenance::try_lease() {
    lease_row_.emplace(session_, names_, settings_.client_id, unattended_lease);
    co_await lease_row_->look(settings_.query_timeout);
    LeaseRow::Claim claim;
    lease_taken_ =
        co_await lease_row_->take(claim, self(model::LeadershipState::taking), settings_.query_timeout);
    co_return lease_taken_;
}

async::Task<pg::Fence> Maintenance::raise_epoch(std::string reason, Logger log) {
    const auto watch = AdvisoryKey::of(watch_class, names_.fence_key);
    auto statement = end_former_baton(names_, watch, settings_.client_id);
    co_await session_.query(std::move(statement.sql), std::move(statement.params), settings_.query_timeout);
    last_heartbeat_sent_ = BootClock::now();
    TakeoverRequest request;
    request.client_id = settings_.client_id;
    request.name = settings_.name;
    request.address = settings_.address;
    request.reason = std::move(reason);
    const Uuid token = Uuid::random(Random::system());
    if (model::uses_advisory_lock(settings_.mode)) {
        request.advisory_key = settings_.advisory_lock_id;
        co_await hold_token(token);
    }
    request.advisory_backend = session_.backend();
    request.with_lease = lease_taken_;
    request.granted_at = last_heartbeat_sent_;
    const auto deadline = async::Deadline::after(settings_.query_timeout);
    auto grant =
        co_await take_over(session_, names_, std::move(request), token, Clock::system(), log, deadline);
    fence_ = std::move(grant.fence);
    co_return fence_;
}

async::Task<void> Maintenance::hold_token(Uuid token) {
    auto statement = lock_token(AdvisoryKey::of(settings_.advisory_lock_id), token);
    const auto answer = co_await session_.query(std::move(statement.sql), std::move(statement.params),
                                                settings_.query_timeout);
    require_token_lock(answer);
}

async::Task<void> Maintenance::keep() {
    const std::chrono::nanoseconds every = settings_.suspect_after / 8;
    if (lease_taken_) lease_row_.emplace(session_, names_, settings_.client_id, settings_.lease_duration);
    auto refresh_at = BootClock::now();
    for (;;) {
        const auto sent = BootClock::now();
        pg::Params params;
        params.add(fence_.epoch).add(fence_.token);
        co_await session_.query("select " + fence_.own_schema + ".fence_1($1::bigint, $2::uuid)",
                                std::move(params), settings_.lease_duration);
        last_heartbeat_sent_ = sent;
        if (lease_taken_ && sent >= refresh_at) {
            // One that is somebody else's now is the fence's business.
            co_await lease_row_->refresh(settings_.lease_duration);
            refresh_at = sent + settings_.refresh_interval;
        }
        co_await async::sleep_for(every);
    }
}

async::Deadline Maintenance::send_deadline() const {
    const auto since_sent = BootClock::now() - last_heartbeat_sent_;
    return async::Deadline::after(model::time_left_to_send(since_sent, settings_.suspect_after));
}

async::Task<void> Maintenance::give_back() {
    if (fence_.epoch > 0) {
        auto note = note_gap(fence_.own_schema, released(fence_.epoch));
        co_await session_.query(std::move(note.sql), std::move(note.params), settings_.query_timeout);
    }
    if (lease_taken_) co_await lease_row_->release(settings_.query_timeout);
    if (registered_) co_await register_command(model::LeadershipState::stopped);
}

async::Task<void> Maintenance::refuse() {
    co_await give_back();
    std::string who = "another node";
    if (own_tables_) {
        const auto held = co_await session_.exclusive();
        const auto survey =
            co_await survey_locks(*held, settings_, names_, async::Deadline::after(settings_.query_timeout));
        for (const auto& lock : survey.locks) {
            const bool known = !lock.holder.empty() && !lock.holder.starts_with("a session of somebody else");
            // The first ones may be held by this very session.
            if (known && lock.holder != settings_.name) who = lock.holder;
        }
    }
    throw SomebodyLeads(who + " leads on this database: stop all its instances first");
}

}  // namespace baton::lease

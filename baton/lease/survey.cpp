#include "baton/lease/survey.hpp"

#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/presence.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/lease/takeover.hpp"
#include "baton/model/leadership_decision.hpp"
#include "baton/pg/text_format.hpp"

#include <algorithm>
#include <utility>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::InstanceSight;
using model::LockSight;
using model::LockSurvey;

/// An instance writes its row every two seconds.
constexpr std::chrono::milliseconds alive_within = 5s;

async::Task<bool> table_exists(pg::Connection& connection, std::string table, async::Deadline deadline) {
    pg::Params name;
    name.add(std::move(table));
    const auto found =
        co_await connection.query("select to_regclass($1::text) is not null", std::move(name), deadline);
    co_return found[0].boolean(0);
}

async::Task<std::vector<InstanceSight>> read_instances(pg::Connection& connection, pg::OwnSchema names,
                                                       async::Deadline deadline) {
    const std::string own = pg::quote_identifier(names.own_schema);
    // A leader of the version before has not made it.
    const bool ranked = co_await table_exists(connection, own + ".candidates", deadline);
    const std::string priority = ranked ? "coalesce((select c.priority from " + own +
                                              ".candidates c where c.client_id = i.client_id), 0)"
                                        : "0";
    const auto rows = co_await connection.query(
        "select i.client_id, i.name, i.state, " + priority +
            ", (extract(epoch from now() - i.last_seen) * 1000)::bigint from " + own +
            ".instances i where i.last_seen > now() - interval '1 minute' order by i.name",
        deadline);
    std::vector<InstanceSight> instances;
    for (const auto row : rows) {
        instances.push_back(
            {row.uuid(0), row.str(1), row.str(2), row.int32(3), std::chrono::milliseconds(row.int64(4)), ""});
    }
    co_return instances;
}

/// Whose session, or lease row, it is.
std::string owner_name(const std::vector<InstanceSight>& instances, const std::string& id,
                       const std::string& fallback) {
    for (const auto& instance : instances) {
        if (id_start(instance.client_id) == id) return instance.name;
    }
    return fallback;
}

std::string session_owner(const std::vector<InstanceSight>& instances, const pg::Row& row) {
    const auto application = row.str(2);
    const auto id = id_start_in(application);
    const std::string session = "a session of somebody else (process " + std::to_string(row.int32(1)) +
                                (application.empty() ? "" : ", " + application) + ")";
    return owner_name(instances, id, v1_client_id(application) ? v1_leader_prefix + id : session);
}

async::Task<LockSight> look_at_lock(pg::Connection& connection, std::string name, AdvisoryKey key,
                                    std::vector<InstanceSight>* instances, async::Deadline deadline) {
    const auto rows = co_await connection.query(
        "select l.granted, l.pid, coalesce(a.application_name, ''), a.state_change is not null and a.state "
        "<> "
        "'disabled' from pg_locks l left join pg_stat_activity a using (pid) where " +
            key.rows() + " order by l.granted desc, a.query_start",
        deadline);
    LockSight sight;
    sight.lock = name;
    for (const auto row : rows) {
        const auto owner = session_owner(*instances, row);
        if (row.boolean(0)) {
            sight.holder = owner;
            sight.holder_visible = !row.is_null(3) && row.boolean(3);
        } else {
            sight.waiting.push_back(owner);
        }
    }
    for (auto& instance : *instances) {
        const bool waits =
            std::find(sight.waiting.begin(), sight.waiting.end(), instance.name) != sight.waiting.end();
        if (waits)
            instance.waits_for =
                "the " + name + " lock, held by " + (sight.holder.empty() ? "nobody" : sight.holder);
    }
    co_return sight;
}

async::Task<LockSight> look_at_lease(pg::Connection& connection, pg::OwnSchema names,
                                     std::vector<InstanceSight>* instances, async::Deadline deadline) {
    LockSight sight;
    sight.lock = "lease";
    const std::string table = pg::quote_identifier(names.product_schema) + ".lease_lock";
    const bool exists = co_await table_exists(connection, table, deadline);
    if (!exists) co_return sight;
    const auto rows =
        co_await connection.query("select client_id from " + table + " where expires_at >= now()", deadline);
    if (rows.empty()) co_return sight;
    const auto id = id_start(rows[0].uuid(0));
    sight.holder = owner_name(*instances, id, v1_leader_prefix + id);
    co_return sight;
}

bool is_alive(const InstanceSight& instance) {
    return instance.silent_for < alive_within;
}

void add_risks(LockSurvey& survey, const LeaseSettings& settings) {
    const auto limit = to_go_duration(settings.lease_duration);
    for (const auto& lock : survey.locks) {
        if (lock.holder.empty() || lock.holder_visible) continue;
        survey.risks.push_back(
            "whether the holder of the " + lock.lock + " lock, " + lock.holder +
            ", is alive cannot be seen (track_activities is off, or it is another role's session): if it "
            "freezes, it is replaced after " +
            limit + ", not after " + to_go_duration(settings.suspect_after));
    }
    if (settings.mode == model::LockingMode::none)
        survey.risks.push_back(
            "DATABASE_LOCKING_MODE is none: a Chainlink v1.11.0 on this database is not excluded");
    const auto watch = std::find_if(survey.locks.begin(), survey.locks.end(),
                                    [](const auto& lock) { return lock.lock == "watch"; });
    bool somebody_waits = false;
    for (const auto& instance : survey.instances) {
        if (!is_alive(instance)) continue;
        if (instance.state == "leading" && watch->holder != instance.name)
            survey.risks.push_back(instance.name + " says that it leads and does not hold the watch lock");
        if (instance.state != "standby") continue;
        somebody_waits = somebody_waits || !instance.waits_for.empty() || watch->holder == instance.name;
    }
    if (!watch->holder.empty() && !somebody_waits)
        survey.risks.push_back("nobody waits: if " + watch->holder + " ends, nobody takes over");
}

}  // namespace

async::Task<LockSurvey> survey_locks(pg::Connection& connection, LeaseSettings settings, pg::OwnSchema names,
                                     async::Deadline deadline) {
    LockSurvey survey;
    survey.instances = co_await read_instances(connection, names, deadline);
    const auto watch = AdvisoryKey::of(watch_class, names.fence_key);
    survey.locks.push_back(co_await look_at_lock(connection, "watch", watch, &survey.instances, deadline));
    if (model::uses_lease(settings.mode))
        survey.locks.push_back(co_await look_at_lease(connection, names, &survey.instances, deadline));
    if (model::uses_advisory_lock(settings.mode)) {
        const auto advisory = AdvisoryKey::of(settings.advisory_lock_id);
        survey.locks.push_back(
            co_await look_at_lock(connection, "advisory", advisory, &survey.instances, deadline));
    }
    add_risks(survey, settings);
    co_return survey;
}

}  // namespace baton::lease

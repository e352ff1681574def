#include "baton/lease/takeover.hpp"

#include "baton/lease/lease_row.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

/// How long writers of the former epoch may still finish. A frozen one is not worth waiting for.
constexpr std::chrono::milliseconds fence_wait{20};
/// After writers were ended: what a server process needs to notice, roll back and let go.
constexpr std::chrono::milliseconds fence_wait_after_ending{200};

Ended read_ended(const pg::Row& row, int first) {
    return Ended{row.int32(first), row.int32(first + 1)};
}

pg::Params take_over_params(const TakeoverRequest& request, const Uuid& token, const Clock& clock,
                            std::chrono::milliseconds wait, bool rehearsal) {
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(clock.steady() - request.granted_at);
    pg::Params params;
    params.add(request.client_id).add(request.name).add(request.address).add(token).add(request.reason);
    params.add(request.led_before).add(std::int64_t{took.count()});
    if (request.with_lease) {
        params.add(request.client_id);
    } else {
        params.add_null();
    }
    if (request.advisory_key) {
        params.add(*request.advisory_key)
            .add(request.advisory_backend.pid)
            .add(request.advisory_backend.started);
    } else {
        params.add_null().add_null().add_null();
    }
    params.add(std::int64_t{wait.count()}).add(rehearsal);
    return params;
}

/// The session is READ COMMITTED by its own setting, so that a single statement is the whole transaction: it
/// commits, synchronously, before it is answered. The function refuses any other isolation, and any session
/// but the holder of the watch lock.
std::string take_over_sql(const pg::OwnSchema& names) {
    return "select taken, new_epoch, former, taken_at, took_us from " +
           pg::quote_identifier(names.own_schema) +
           ".take_over_2($1::uuid, $2::text, $3::text, $4::uuid, $5::text, $6::text, $7::bigint, $8::uuid, "
           "$9::bigint, $10::int, $11::timestamptz, $12::int, $13::boolean)";
}

Grant read_grant(const pg::Row& row, const pg::OwnSchema& names, const TakeoverRequest& request,
                 const Uuid& token) {
    Grant grant;
    grant.fence = fence_of(names, row.int64(1), token);
    grant.change.epoch = grant.fence.epoch;
    grant.change.instance = request.name;
    grant.change.from_instance = row.opt_str(2).value_or("");
    grant.change.reason = request.reason;
    grant.change.at = row.time(3);
    grant.change.took = std::chrono::microseconds(row.int64(4));
    return grant;
}

}  // namespace

pg::Fence fence_of(const pg::OwnSchema& names, std::int64_t epoch, const Uuid& token) {
    pg::Fence fence;
    fence.epoch = epoch;
    fence.token = token;
    fence.own_schema = pg::quote_identifier(names.own_schema);
    fence.statement = "select " + fence.own_schema + ".fence_3($1::bigint, $2::uuid)";
    fence.opening_statement = "select " + fence.own_schema + ".opening_fence_1($1::bigint, $2::uuid)";
    return fence;
}

pg::Statement end_former_baton(const pg::OwnSchema& names, const AdvisoryKey& watch, const Uuid& self,
                               EndSessions whose) {
    const std::string own = pg::quote_identifier(names.own_schema);
    const std::string stays = whose == EndSessions::of_anybody
                                  ? "false"
                                  : "exists (select from " + own +
                                        ".leadership_gaps g where g.epoch = l.epoch + 1 and g.known_by = "
                                        "'release')";
    pg::Params params;
    params.add(self).add(v1_leader_prefix);
    // "held" is computed first and once; where it is false there is no row for which sessions could be ended.
    return {
        "with held as materialized (select " + watch.held() +
            " as yes), former as materialized (select l.client_id, l.instance, " + stays +
            " as stays from held, " + own +
            ".leadership l where held.yes) "
            "select f.client_id, f.instance, i.state, t.ended, t.refused, (select substr(g.from_instance, "
            "length($2::text) + 1) from (select from_instance, at from " +
            own +
            ".leadership_log order by id desc limit 3) g where g.at > clock_timestamp() - interval '10 "
            "seconds' and "
            "starts_with(g.from_instance, $2::text) limit 1) from former f left join " +
            own + ".instances i using (client_id) cross join lateral " + own +
            ".terminate_sessions_1(case when f.stays or f.client_id = $1::uuid then '' else "
            "left(f.client_id::text, " +
            std::to_string(id_start(self).size()) + ") end) t",
        std::move(params)};
}

FormerBaton read_former_baton(const pg::Result& rows) {
    FormerBaton former;
    if (rows.empty()) return former;
    const auto row = rows[0];
    former.client_id = row.uuid(0);
    former.instance = row.str(1);
    if (!row.is_null(2)) former.state = model::parse_leadership_state(row.text(2));
    former.sessions = read_ended(row, 3);
    if (const auto v1 = row.opt_str(5)) former.recent_v1 = Uuid::parse(*v1);
    return former;
}

async::Task<Ended> end_sessions(LockSession& session, pg::OwnSchema names, std::string id,
                                std::chrono::nanoseconds limit) {
    pg::Params params;
    params.add(std::move(id));
    const auto rows =
        co_await session.query("select ended, refused from " + pg::quote_identifier(names.own_schema) +
                                   ".terminate_sessions_1($1::text)",
                               std::move(params), limit);
    co_return read_ended(rows[0], 0);
}

async::Task<void> end_backends(LockSession& session, std::vector<BackendId> backends,
                               std::chrono::nanoseconds limit) {
    if (backends.empty()) co_return;
    pg::ArrayParam pids, starts;
    for (const auto& backend : backends) {
        pids.add(backend.pid);
        starts.add(backend.started);
    }
    pg::Params params;
    params.add(pids.text()).add(starts.text());
    co_await session.query(
        "select pg_terminate_backend(a.pid) from pg_stat_activity a "
        "join unnest($1::int[], $2::timestamptz[]) as mine (pid, started) on mine.pid = a.pid and "
        "mine.started = a.backend_start "
        "where a.pid <> pg_backend_pid()",
        std::move(params), limit);
}

async::Task<Grant> take_over(LockSession& watch, pg::OwnSchema names, TakeoverRequest request, Uuid token,
                             const Clock& clock, Logger log, async::Deadline deadline) {
    const std::string own = pg::quote_identifier(names.own_schema);
    auto wait = fence_wait;
    while (true) {
        pg::Params params = take_over_params(request, token, clock, wait, false);
        const auto rows = co_await watch.query(take_over_sql(names), std::move(params), deadline.left());
        if (rows[0].boolean(0)) co_return read_grant(rows[0], names, request, token);
        if (deadline.passed()) {
            throw TimedOut(
                "writers of the former epoch still hold the fence lock; this role may not end them, or they "
                "do not end");
        }
        const auto ended = co_await watch.query(
            "select ended, refused from " + own + ".terminate_fence_holders_1()", deadline.left());
        const auto counts = read_ended(ended[0], 0);
        log.warn("writers of the former epoch were ended",
                 {{"ended", std::to_string(counts.ended)}, {"refused", std::to_string(counts.refused)}});
        wait = fence_wait_after_ending;
    }
}

async::Task<void> rehearse_takeover(LockSession& watch, pg::OwnSchema names, TakeoverRequest request,
                                    std::chrono::nanoseconds limit) {
    pg::Params params = take_over_params(request, Uuid{}, Clock::system(), fence_wait, true);
    co_await watch.query(take_over_sql(names), std::move(params), limit);
}

}  // namespace baton::lease

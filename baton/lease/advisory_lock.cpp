#include "baton/lease/advisory_lock.hpp"

#include <algorithm>
#include <utility>

namespace baton::lease {

namespace {

std::string holder_sql(const AdvisoryKey& key) {
    return "select l.pid, coalesce(a.application_name, '') from pg_locks l left join pg_stat_activity a "
           "using (pid) where " +
           key.granted() + " and l.pid <> pg_backend_pid()";
}

std::string held_sql(const AdvisoryKey& key) {
    return "select " + key.held();
}

std::optional<LockHolder> read_holder(const pg::Result& rows) {
    if (rows.empty()) return std::nullopt;
    return LockHolder{rows[0].int32(0), rows[0].str(1)};
}

}  // namespace

AdvisoryKey AdvisoryKey::of(std::int64_t id) {
    const auto bits = static_cast<std::uint64_t>(id);
    return {std::to_string(id), static_cast<std::uint32_t>(bits >> 32), static_cast<std::uint32_t>(bits), 1};
}

AdvisoryKey AdvisoryKey::of(std::int32_t high, std::int32_t low) {
    return {std::to_string(high) + ", " + std::to_string(low), static_cast<std::uint32_t>(high),
            static_cast<std::uint32_t>(low), 2};
}

std::string AdvisoryKey::granted() const {
    return "l.granted and " + rows();
}

std::string AdvisoryKey::held() const {
    return "exists (select from pg_locks l where " + granted() + " and l.pid = pg_backend_pid())";
}

std::string AdvisoryKey::waited_for() const {
    return "not l.granted and " + rows();
}

std::string AdvisoryKey::rows() const {
    return "l.locktype = 'advisory' and l.classid::bigint = " + std::to_string(high_) +
           " and l.objid::bigint = " + std::to_string(low_) + " and l.objsubid = " + std::to_string(form_) +
           " and l.database = (select oid from pg_database where datname = current_database())";
}

async::Task<LockWait> wait_for_lock(LockSession& session, AdvisoryKey key, std::chrono::milliseconds slice,
                                    std::chrono::nanoseconds limit, std::vector<pg::Statement> follow_ups) {
    slice = std::max(slice, std::chrono::milliseconds(1));
    // lock_timeout is armed when the wait begins, so it can be set in the same block. The lock belongs to the
    // session and stays when the block ends; only an error inside it would end in the server's log. Without
    // the cleared snapshot what follows would see the sessions that the look at the holder saw before the
    // wait.
    std::vector<pg::Statement> statements;
    statements.push_back({holder_sql(key), {}});
    statements.push_back({"do $baton$ begin perform set_config('lock_timeout', '" +
                              std::to_string(slice.count()) + "', true); perform pg_advisory_lock(" +
                              key.arguments() +
                              "); perform pg_stat_clear_snapshot(); exception when lock_not_available then "
                              "null; end $baton$",
                          {}});
    statements.push_back({held_sql(key), {}});
    for (auto& statement : follow_ups)
        statements.push_back(std::move(statement));
    auto answers = co_await session.pipeline(std::move(statements), slice + limit);
    LockWait wait;
    for (std::size_t i = 3; i < answers.size(); ++i)
        wait.followed.push_back(std::move(answers[i]));
    wait.holder = read_holder(answers[0]);
    wait.granted = answers[2][0].boolean(0);
    co_return wait;
}

async::Task<void> prepare_to_wait(LockSession& session, AdvisoryKey key, std::chrono::nanoseconds limit,
                                  std::vector<pg::Statement> follow_ups) {
    std::vector<pg::Statement> statements;
    statements.push_back({holder_sql(key), {}});
    statements.push_back(
        {"do $baton$ begin perform set_config('lock_timeout', '1', true); perform "
         "pg_stat_clear_snapshot(); exception when lock_not_available then null; end $baton$",
         {}});
    statements.push_back({held_sql(key), {}});
    for (auto& statement : follow_ups)
        statements.push_back(std::move(statement));
    co_await session.pipeline(std::move(statements), limit);
}

async::Task<bool> holds_lock(LockSession& session, AdvisoryKey key, std::chrono::nanoseconds limit) {
    const auto rows = co_await session.query(held_sql(key), limit);
    co_return rows[0].boolean(0);
}

async::Task<std::optional<LockHolder>> lock_holder(LockSession& session, AdvisoryKey key,
                                                   std::chrono::nanoseconds limit) {
    const auto rows = co_await session.query(holder_sql(key), limit);
    co_return read_holder(rows);
}

async::Task<void> unlock(LockSession& session, AdvisoryKey key, std::chrono::nanoseconds limit) {
    co_await session.query("select pg_advisory_unlock(" + key.arguments() + ")", limit);
}

}  // namespace baton::lease

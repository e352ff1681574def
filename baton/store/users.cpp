#include "baton/store/users.hpp"

namespace baton::store {

namespace {

const std::string user_columns =
    "u.email, coalesce(u.hashed_password, ''), u.role::text, u.token_key is not null, u.created_at, "
    "u.updated_at";

model::User read_user(const pg::Row& row) {
    model::User user;
    user.email = row.str(0);
    user.hashed_password = row.str(1);
    user.role = model::parse_role(row.text(2));
    user.has_token = row.boolean(3);
    user.created_at = row.time(4);
    user.updated_at = row.time(5);
    return user;
}

std::int64_t milliseconds(std::chrono::nanoseconds span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

}  // namespace

async::Task<std::int64_t> count_users(pg::Pool& pool, async::Deadline deadline) {
    const auto rows = co_await pool.query("select count(*) from users", deadline);
    co_return rows[0].int64(0);
}

async::Task<std::vector<model::User>> list_users(pg::Pool& pool, async::Deadline deadline) {
    const auto rows =
        co_await pool.query("select " + user_columns + " from users u order by u.email", deadline);
    std::vector<model::User> users;
    for (const auto row : rows)
        users.push_back(read_user(row));
    co_return users;
}

async::Task<std::optional<model::User>> find_user(pg::Pool& pool, std::string email,
                                                  async::Deadline deadline) {
    pg::Params params;
    params.add(email);
    std::optional<model::User> user;
    try {
        const auto rows =
            co_await pool.query("select " + user_columns + " from users u where lower(u.email) = lower($1)",
                                std::move(params), deadline);
        if (!rows.empty()) user = read_user(rows[0]);
    } catch (const pg::StatementFailed& error) {
        // Before the first leader created the schema nobody exists.
        if (error.sqlstate() != "42P01") throw;
    }
    co_return user;
}

async::Task<void> create_user(Writer writer, std::string email, std::string hashed_password,
                              model::Role role) {
    pg::Params params;
    params.add(email).add(hashed_password).add(model::to_string(role));
    std::vector<pg::Statement> statements;
    statements.push_back(
        {"insert into users (email, hashed_password, role, created_at, updated_at) "
         "values (lower($1), $2, $3::user_roles, now(), now())",
         std::move(params)});
    co_await writer.run_batch(std::move(statements));
}

async::Task<std::optional<TokenRecord>> find_token(pg::Pool& pool, std::string access_key,
                                                   async::Deadline deadline) {
    if (access_key.empty()) co_return std::nullopt;  // a deleted token leaves an empty key behind
    pg::Params params;
    params.add(access_key);
    const auto rows =
        co_await pool.query("select " + user_columns +
                                ", coalesce(u.token_salt, ''), coalesce(u.token_hashed_secret, '') "
                                "from users u where u.token_key = $1",
                            std::move(params), deadline);
    if (rows.empty()) co_return std::nullopt;
    TokenRecord record;
    record.user = read_user(rows[0]);
    record.salt = rows[0].str(6);
    record.hashed_secret = rows[0].str(7);
    co_return record;
}

async::Task<void> create_session(pg::Pool& pool, std::string id, std::string email,
                                 async::Deadline deadline) {
    pg::Params params;
    params.add(id).add(email);
    co_await pool.query(
        "insert into sessions (id, email, last_used, created_at) values ($1, $2, now(), now())",
        std::move(params), deadline);
}

async::Task<void> delete_session(pg::Pool& pool, std::string id, async::Deadline deadline) {
    pg::Params params;
    params.add(id);
    co_await pool.query("delete from sessions where id = $1", std::move(params), deadline);
}

async::Task<SessionCheck> touch_session(pg::Pool& pool, std::string id, std::chrono::nanoseconds timeout,
                                        async::Deadline deadline) {
    pg::Params params;
    params.add(id).add(milliseconds(timeout));
    const auto rows = co_await pool.query(
        "with touched as (update sessions set last_used = now() where id = $1 and "
        "last_used + $2::bigint * interval '1 ms' >= now() returning id) "
        "select " +
            user_columns +
            ", exists (select 1 from touched) from sessions s join users u on u.email = s.email where s.id = "
            "$1",
        std::move(params), deadline);
    SessionCheck check;
    if (rows.empty()) co_return check;
    check.user = read_user(rows[0]);
    check.state = rows[0].boolean(6) ? SessionState::valid : SessionState::expired;
    co_return check;
}

async::Task<void> reap_sessions(pg::Pool& pool, std::chrono::nanoseconds older_than,
                                async::Deadline deadline) {
    pg::Params params;
    params.add(milliseconds(older_than));
    co_await pool.query("delete from sessions where last_used < now() - $1::bigint * interval '1 ms'",
                        std::move(params), deadline);
}

}  // namespace baton::store

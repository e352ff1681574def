#include "baton/lease/presence.hpp"

#include "baton/async/failure.hpp"
#include "baton/base/error_text.hpp"
#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/precedence.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/pg/text_format.hpp"

#include <utility>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

/// leadership.md section 8 asks for a sign of life of the leader every 5 s.
constexpr std::chrono::seconds write_every{2};
constexpr std::chrono::seconds say_every{60};

}  // namespace

/// However run() ends, finish() must not wait for it in vain.
class Presence::Running {
  public:
    explicit Running(Presence& presence) : presence_(presence) { presence_.running_ = true; }
    ~Running() {
        presence_.running_ = false;
        presence_.ended_.notify();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

  private:
    Presence& presence_;
};

std::optional<Uuid> v1_client_id(const std::string& application_name) {
    const std::string app = "|App|";
    if (application_name.rfind("Chainlink ", 0) != 0) return std::nullopt;
    const auto at = application_name.rfind(app);
    if (at == std::string::npos) return std::nullopt;
    return Uuid::parse(application_name.substr(at + app.size()));
}

Presence::Presence(async::Executor executor, pg::Pool& pool, LeaseSettings settings, const Clock& clock,
                   std::function<void(const std::string&)> refused, Logger log)
    : settings_(std::move(settings)),
      clock_(clock),
      refused_(std::move(refused)),
      log_(std::move(log)),
      pool_(pool),
      changed_(executor),
      ended_(executor),
      wrote_(executor) {}

void Presence::set_names(pg::OwnSchema names) {
    names_ = std::move(names);
    changed_.notify();
}

void Presence::set_state(model::LeadershipState state) {
    state_ = state;
    ++states_set_;
    // Lasts milliseconds, which a commit beside it would only make more.
    if (state != model::LeadershipState::taking) changed_.notify();
}

async::Task<void> Presence::written(std::chrono::nanoseconds limit) {
    const auto until = async::Deadline::after(limit);
    const auto wanted = states_set_;
    while (running_ && states_written_ < wanted && !until.passed())
        co_await wrote_.wait(until);
}

void Presence::set_fence(std::optional<pg::Fence> fence) {
    fence_ = std::move(fence);
}

void Presence::set_gap(GapStart gap) {
    gap_ = std::move(gap);
}

void Presence::announce_wait() {
    announce_ = true;
    announced_at_.reset();
    changed_.notify();
}

model::Instance Presence::row() const {
    model::Instance instance;
    instance.client_id = settings_.client_id;
    instance.name = settings_.name;
    instance.address = settings_.address;
    instance.version = settings_.version;
    instance.state = state_;
    return instance;
}

async::Task<void> Presence::run() {
    const Running running(*this);
    while (!finished_) {
        co_await turn_or_say_why();
        if (finished_) break;
        const auto until = async::Deadline::after(write_every);
        co_await changed_.wait(until);
    }
    // The last state, which was set after the turn that may have been under way.
    co_await turn_or_say_why();
}

async::Task<void> Presence::turn_or_say_why() {
    const auto error = co_await async::failure_of(turn());
    // finish() closes the connection under a turn that takes too long; that is no cancellation of run().
    if (error && async::is_cancellation(error) && !finished_) std::rethrow_exception(error);
    if (error) turn_failed(error);
    if (!error) failing_ = false;
}

async::Task<void> Presence::turn() {
    if (!names_) co_return;
    const auto session = co_await pool_.acquire(limit());
    connection_ = &*session;
    const auto error = co_await async::failure_of(turn_on(*session));
    connection_ = nullptr;
    if (error) std::rethrow_exception(error);
}

async::Task<void> Presence::turn_on(pg::Connection& connection) {
    if (!tables_exist_) tables_exist_ = co_await table_exists(connection, names_->own_schema, "instances");
    if (!tables_exist_) co_return;
    const auto set = states_set_;
    co_await write(connection);
    states_written_ = set;
    wrote_.notify();
    if (finished_) co_return;
    if (!wrote_priority_) co_await write_priority(connection);
    if (!forgot_old_rows_) co_await forget_old_rows(connection);
    if (announcement_due()) co_await say_whom_we_wait_for(connection);
}

void Presence::turn_failed(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const pg::FenceRefused& refused) {
        // The epoch may have ended while the statement was under way; then nobody is told twice.
        if (fence_) refused_(refused.what());
        return;
    } catch (const std::exception&) {
    }
    if (!failing_ && !finished_) log_.warn("cannot write this instance's sign of life: " + text_of(error));
    failing_ = true;
}

async::Task<void> Presence::write(pg::Connection& connection) {
    const auto epoch = gap_ ? gap_->epoch : 0;
    co_await connection.pipeline(statements(), limit());
    if (gap_ && gap_->epoch == epoch) gap_.reset();
}

/// Without a wait for the disk: the rows are written again soon, and neither a takeover nor a release, which
/// write them too, may queue behind a flush.
std::vector<pg::Statement> Presence::statements() const {
    std::vector<pg::Statement> all;
    all.push_back({"begin isolation level read committed", {}});
    all.push_back({"set local synchronous_commit = off", {}});
    pg::Params epoch;
    if (fence_) {
        epoch.add(fence_->epoch).add(fence_->token);
        all.push_back({fence_->statement, epoch});
        all.push_back({"update " + fence_->own_schema + ".leadership set alive_at = now()", {}});
    }
    if (gap_) all.push_back(note_gap(pg::quote_identifier(names_->own_schema), *gap_));
    all.push_back({register_instance_sql(*names_), register_instance_params(row())});
    if (fence_) all.push_back({fence_->statement, epoch});
    all.push_back({"commit", {}});
    return all;
}

/// Beside the row of instances, because a leader of the version before may not have made the table yet.
async::Task<void> Presence::write_priority(pg::Connection& connection) {
    if (settings_.priority != 0) {
        const bool exists = co_await table_exists(connection, names_->own_schema, "candidates");
        if (!exists) co_return;
        pg::Params params;
        params.add(settings_.client_id).add(settings_.priority);
        co_await connection.query(set_priority_sql(*names_), std::move(params), limit());
    }
    wrote_priority_ = true;
}

async::Task<void> Presence::forget_old_rows(pg::Connection& connection) {
    // Long after its lease can have run out, nobody needs to tell this instance from a v1.
    co_await connection.query("delete from " + pg::quote_identifier(names_->own_schema) +
                                  ".instances where last_seen < now() - interval '30 days' "
                                  "or (state = 'stopped' and last_seen < now() - interval '1 day')",
                              limit());
    forgot_old_rows_ = true;
}

bool Presence::announcement_due() const {
    return announce_ && state_ == model::LeadershipState::standby &&
           (!announced_at_ || clock_.steady() - *announced_at_ >= say_every);
}

async::Task<bool> Presence::table_exists(pg::Connection& connection, std::string schema, std::string table) {
    pg::Params name;
    name.add(pg::quote_identifier(schema) + "." + pg::quote_identifier(table));
    const auto found =
        co_await connection.query("select to_regclass($1::text) is not null", std::move(name), limit());
    co_return found[0].boolean(0);
}

async::Task<void> Presence::say_whom_we_wait_for(pg::Connection& connection) {
    const std::string own = pg::quote_identifier(names_->own_schema);
    std::string lock_holder = "null::text";
    std::string lock_holder_since = "null::timestamptz";
    std::string lease_owner = "null::text";
    // A command, or a leader that has not raised its epoch yet.
    const std::string watch_holder =
        "(select w.name from pg_locks l join pg_stat_activity a using (pid) join " + own +
        ".instances w on position(left(w.client_id::text, " + std::to_string(id_start(Uuid{}).size()) +
        ") in a.application_name) > 0 where " + AdvisoryKey::of(watch_class, names_->fence_key).granted() +
        " and w.client_id is distinct from led.client_id and w.client_id <> '" +
        settings_.client_id.to_string() + "'::uuid limit 1)";
    if (model::uses_advisory_lock(settings_.mode)) {
        const std::string from = " from pg_locks l join pg_stat_activity a using (pid) where " +
                                 AdvisoryKey::of(settings_.advisory_lock_id).granted() + ")";
        lock_holder = "(select a.application_name" + from;
        lock_holder_since = "(select a.backend_start" + from;
    }
    if (model::uses_lease(settings_.mode)) {
        const bool exists = co_await table_exists(connection, names_->product_schema, "lease_lock");
        if (exists) {
            lease_owner = "(select r.client_id::text from " + pg::quote_identifier(names_->product_schema) +
                          ".lease_lock r where r.expires_at >= now() and not exists (select from " + own +
                          ".instances i where i.client_id = r.client_id))";
        }
    }
    const auto rows = co_await connection.query(
        "select led.client_id, led.instance, led.address, led.since, coalesce(i.version, ''), " +
            lock_holder + ", " + lease_owner + ", " + watch_holder + ", " + lock_holder_since +
            " from (select) one left join " + own + ".leadership led on true left join " + own +
            ".instances i using (client_id)",
        limit());
    const auto row = rows[0];
    const auto v1_by_lock = v1_client_id(row.opt_str(5).value_or(""));
    const auto v1_by_lease = row.opt_str(6);
    announced_at_ = clock_.steady();
    if (v1_by_lock || v1_by_lease) {
        log_.info("standby: waiting for a Chainlink v1.11.0 (client id " +
                  (v1_by_lock ? v1_by_lock->to_string() : *v1_by_lease) + ")" +
                  (v1_by_lock && !row.is_null(8) ? ", connected since " + to_rfc3339(row.time(8)) : ""));
    } else if (const auto holder = row.opt_str(7)) {
        log_.info("standby: waiting for " + *holder + ", which holds the watch lock");
    } else if (row.is_null(0)) {
        log_.info("standby: waiting for the database lock; nobody has led yet");
    } else if (row.uuid(0) == settings_.client_id) {
        log_.info("standby: waiting for the database lock; nobody has taken over since this instance led");
    } else {
        log_.info("standby: waiting for " + row.str(1) + " (" + row.str(2) + "), leading since " +
                      to_rfc3339(row.time(3)),
                  {{"version", row.str(4)}});
    }
}

async::Task<void> Presence::finish(model::LeadershipState last, std::chrono::nanoseconds limit) {
    finished_ = true;
    state_ = last;
    fence_.reset();
    changed_.notify();
    const auto until = async::Deadline::after(limit);
    while (running_ && !until.passed())
        co_await ended_.wait(until);
    if (connection_) connection_->close();
}

}  // namespace baton::lease

#pragma once

#include "baton/async/group.hpp"
#include "baton/lease/lease_testing.hpp"
#include "baton/model/leadership_decision.hpp"

#include <memory>
#include <string>

namespace baton::lease {

/// A Chainlink v1.11.0 as other sessions see it: its SQL, its order, its polling
/// (reference/lifecycle-and-locking.md sections 2 to 4, 7), a few times faster. One session per lock and one
/// of its pool.
class V1 {
  public:
    V1(async::Loop& loop, const pg::SessionOptions& options, model::LockingMode mode)
        : loop_(loop),
          options_(options),
          mode_(mode),
          id_(Uuid::random(Random::system()).to_string()),
          tasks_(loop.executor()) {
        options_.application_name = "Chainlink 1.11.0 |App|" + id_;
    }
    ~V1() { die(); }
    V1(const V1&) = delete;
    V1& operator=(const V1&) = delete;

    /// Takes what its mode asks for, waiting for it as v1.11.0 does, then keeps it.
    void start() { tasks_.spawn("v1.11.0", live()); }
    bool leads() const { return leads_; }
    /// It found that another node has one of its locks, and ended.
    bool exited() const { return exited_; }
    /// How often it tried the advisory lock before it had it.
    int advisory_tries() const { return advisory_tries_; }
    const std::string& id() const { return id_; }

    /// SIGKILL: all sockets close, the row stays.
    void die() {
        if (tasks_.size() > 0) loop_.run_until_done(tasks_.stop());
        for (auto* session : {&lease_, &advisory_, &pool_}) {
            if (*session) (*session)->close();
        }
        leads_ = false;
    }
    /// SIGTERM: advisory lock, then lease, then the rest.
    void leave() {
        if (tasks_.size() > 0) loop_.run_until_done(tasks_.stop());
        try {
            loop_.run_until_done(give_back());
        } catch (const pg::ConnectionLost&) {
            // As soon as the lock is free the next leader ends its sessions.
        }
        die();
    }

    static constexpr std::chrono::milliseconds poll{100};
    static constexpr const char* duration = "2.000000 seconds";

  private:
    async::Task<void> live() {
        pool_ = co_await pg::Connection::open(options_, patience());
        co_await pool_->query("select 1", patience());
        if (model::uses_lease(mode_)) {
            lease_ = co_await pg::Connection::open(options_, patience());
            co_await lease_->execute_script(
                "create table if not exists lease_lock (client_id uuid not null, expires_at timestamptz not "
                "null); "
                "create unique index if not exists only_one_lease_lock on lease_lock ((client_id is not "
                "null))",
                patience());
            for (;;) {
                const bool took = co_await took_lease();
                if (took) break;
                co_await async::sleep_for(poll);
            }
            has_lease_ = true;
            tasks_.spawn("refresh", refresh());
        }
        if (model::uses_advisory_lock(mode_)) {
            advisory_ = co_await pg::Connection::open(options_, patience());
            for (;;) {
                const bool took = co_await took_advisory();
                if (took) break;
                co_await async::sleep_for(poll);
            }
        }
        leads_ = !exited_;
    }
    async::Task<void> refresh() {
        while (true) {
            co_await async::sleep_for(poll);
            const bool mine = co_await took_lease();
            if (mine) continue;
            leads_ = false;
            exited_ = true;
            if (advisory_) advisory_->close();
            pool_->close();
            co_return;
        }
    }
    async::Task<bool> took_lease() {
        pg::Params params;
        params.add(id_).add(duration);
        const auto done = co_await lease_->query(
            "insert into lease_lock (client_id, expires_at) values ($1, now() + $2::interval) "
            "on conflict ((client_id is not null)) do update set client_id = excluded.client_id, expires_at "
            "= excluded.expires_at "
            "where lease_lock.client_id = $1 or lease_lock.expires_at < now()",
            std::move(params), patience());
        co_return done.affected() > 0;
    }
    async::Task<bool> took_advisory() {
        ++advisory_tries_;
        const auto rows =
            co_await advisory_->query("select pg_try_advisory_lock(1027321974924625846)", patience());
        co_return rows[0].boolean(0);
    }
    async::Task<void> give_back() {
        if (advisory_)
            co_await advisory_->query("select pg_advisory_unlock(1027321974924625846)", patience());
        if (!lease_) co_return;
        pg::Params params;
        params.add(id_);
        co_await lease_->query(
            "update lease_lock set expires_at = now() where client_id = $1 and expires_at > now()",
            std::move(params), patience());
    }

    async::Loop& loop_;
    pg::SessionOptions options_;
    model::LockingMode mode_;
    std::string id_;
    std::unique_ptr<pg::Connection> lease_;
    std::unique_ptr<pg::Connection> advisory_;
    std::unique_ptr<pg::Connection> pool_;
    bool has_lease_ = false;
    bool leads_ = false;
    bool exited_ = false;
    int advisory_tries_ = 0;
    async::TaskGroup tasks_;
};

}  // namespace baton::lease

#pragma once

#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease_testing.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/lease/takeover.hpp"
#include "baton/pg/transaction.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace baton::lease {

using namespace std::chrono_literals;

inline pg::Statement plain(std::string sql) {
    pg::Statement statement;
    statement.sql = std::move(sql);
    return statement;
}

/// A database with the own schema, a table of work, and an epoch that "a" leads. The locks are those of mode
/// none unless a test adds some.
class Fence : public LeaseTest {
  protected:
    void SetUp() override {
        LeaseTest::SetUp();
        if (IsSkipped()) return;
        names_ = own_schema_for("public");
        writer_ = open();
        run(pg::migrate_own_schema(*writer_, names_, soon()));
        database().run(
            "create table work (by_epoch bigint, what text); "
            "create table lease_lock (client_id uuid not null, expires_at timestamptz not null)");
        first_ = lead("a");
    }
    void TearDown() override {
        if (taker_) taker_->close();
        writer_.reset();
        LeaseTest::TearDown();
    }

    /// Somebody takes over by the product's way. Whoever led before has lost the watch lock by then.
    Grant lead(const std::string& name) {
        if (taker_) taker_->close();
        taker_ = std::make_unique<LockSession>(loop().executor(), "watch");
        run(taker_->open(database().session_options(), {10s, 2s}, soon()));
        const auto key = AdvisoryKey::of(watch_class, names_.fence_key);
        while (!run(wait_for_lock(*taker_, key, 1s, 10s)).granted) {
        }
        return run(take_over(*taker_, names_, request(name), Uuid::random(Random::system()), Clock::system(),
                             Logger(), patience()));
    }
    static TakeoverRequest request(const std::string& name) {
        TakeoverRequest wanted;
        wanted.client_id = Uuid::random(Random::system());
        wanted.name = name;
        wanted.reason = "test";
        wanted.granted_at = BootClock::now();
        return wanted;
    }

    pg::Statement check(const Grant& grant) const { return check(grant, grant.fence.statement); }
    pg::Statement open_fence(const Grant& grant) const { return check(grant, grant.fence.opening_statement); }
    /// The same with another statement in the fence's place; $1 epoch, $2 token.
    static pg::Statement check(const Grant& grant, const std::string& sql) {
        pg::Statement statement;
        statement.sql = sql;
        statement.params.add(grant.fence.epoch).add(grant.fence.token);
        return statement;
    }
    static pg::Statement begin() { return plain("begin isolation level read committed"); }
    static pg::Statement write(const std::string& what) {
        return plain("insert into work values (1, '" + what + "')");
    }
    static pg::Statement commit() { return plain("commit"); }
    /// A place in a pipeline where it stops until open_gate().
    static pg::Statement gate() { return plain("select pg_advisory_lock(4711)"); }
    void close_gate() {
        gate_ = open();
        run(gate_->query("select pg_advisory_lock(4711)", soon()));
    }
    void open_gate() { run(gate_->query("select pg_advisory_unlock(4711)", soon())); }
    bool somebody_waits_for_a_lock() {
        return becomes("select count(*) from pg_locks where not granted and locktype = 'advisory'", "1");
    }

    /// Writes on a session of its own; a takeover that commits in the middle decides what comes out.
    class Writing {
      public:
        Writing(async::Loop& loop, pg::Connection& session, std::vector<pg::Statement> statements)
            : loop_(loop), tasks_(loop.executor()) {
            tasks_.spawn("write", attempt(&session, std::move(statements), &error_));
            loop_.poll();
        }
        ~Writing() {
            if (tasks_.size() > 0) loop_.run_until_done(tasks_.stop());
        }
        /// True when all of it went through; throws what it threw otherwise.
        bool went_through() {
            loop_.run_until_done(tasks_.join());
            if (error_) std::rethrow_exception(error_);
            return true;
        }

      private:
        static async::Task<void> attempt(pg::Connection* session, std::vector<pg::Statement> statements,
                                         std::exception_ptr* error) {
            try {
                co_await session->pipeline(std::move(statements), patience());
            } catch (...) {
                *error = std::current_exception();
            }
        }
        async::Loop& loop_;
        async::TaskGroup tasks_;
        std::exception_ptr error_;
    };

    /// A takeover whose commit is still to come: it holds the fence lock, and the writer queues behind it.
    void write_into_a_takeover(std::vector<pg::Statement> statements, bool* committed) {
        auto taker = open();
        run(taker->execute_script(
            "begin isolation level read committed; select pg_advisory_xact_lock(" +
                std::to_string(names_.fence_class) + ", " + std::to_string(names_.fence_key) +
                "); update baton.leadership set epoch = epoch + 1, token = gen_random_uuid()",
            soon()));
        auto session = open();
        if (!session_setup_.empty()) run(session->execute_script(session_setup_, soon()));
        Writing writing(loop(), *session, std::move(statements));
        ASSERT_TRUE(somebody_waits_for_a_lock()) << "the writer has to queue behind the takeover";
        run(taker->query("commit", soon()));
        *committed = false;
        try {
            *committed = writing.went_through();
        } catch (const pg::FenceRefused&) {
        } catch (const pg::StatementFailed& error) {
            ASSERT_EQ(error.sqlstate(), "22012")
                << error.what();  // the wrong ways refuse by dividing by zero
        }
    }
    bool commits_into_a_takeover(std::vector<pg::Statement> statements) {
        bool committed = false;
        write_into_a_takeover(std::move(statements), &committed);
        return committed;
    }
    /// What fence_3 does, but written in another way; passes by giving a row, refuses by a division by zero.
    bool wrong_way_commits(const std::string& sql) {
        const Grant now = lead("a");
        return commits_into_a_takeover({begin(), check(now, sql), write("stale"), commit()});
    }
    bool product_way_commits() {
        const Grant now = lead("a");
        return commits_into_a_takeover({begin(), open_fence(now), write("product"), check(now), commit()});
    }
    std::string lock_shared() const {
        return "pg_advisory_xact_lock_shared(" + std::to_string(names_.fence_class) + ", " +
               std::to_string(names_.fence_key) + ")";
    }
    std::string written(const std::string& what) {
        return database().value("select count(*) from work where what = '" + what + "'");
    }
    pg::Pool pool(std::vector<std::pair<std::string, std::string>> settings = {}) {
        auto options = database().session_options();
        options.settings = std::move(settings);
        return pg::Pool(loop().executor(), options, 4, 4);
    }

    static async::Task<void> batch_on(pg::Pool* sessions, pg::Fence fence,
                                      std::vector<pg::Statement> statements) {
        co_await pg::FencedTransaction::run_batch(*sessions, std::move(fence), std::move(statements),
                                                  patience());
    }

    pg::OwnSchema names_;
    std::unique_ptr<pg::Connection> writer_;
    std::unique_ptr<pg::Connection> gate_;
    std::unique_ptr<LockSession> taker_;
    Grant first_;
    std::string session_setup_;
};

inline constexpr const char* current =
    "exists (select from baton.leadership where epoch = $1::bigint and token = $2::uuid)";

}  // namespace baton::lease

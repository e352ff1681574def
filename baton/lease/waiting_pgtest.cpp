// How a lock is waited for: in the server's queue, quietly.

#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease_testing.hpp"

#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t v1_key = 1027321974924625846;

class Waiting : public LeaseTest {
  protected:
    std::unique_ptr<LockSession> lock_session() {
        auto session = std::make_unique<LockSession>(loop().executor(), "waiting");
        run(session->open(database().session_options(), {10s, 2s}, soon()));
        return session;
    }
    static async::Task<void> wait_on(LockSession* session, LockWait* out) {
        *out = co_await wait_for_lock(*session, AdvisoryKey::of(v1_key), 10s, 10s);
    }
};

TEST_F(Waiting, AQueuedWaiterBeatsEveryPoller) {
    database().run(
        "create function poll() returns void language plpgsql as $$ begin "
        "while not pg_try_advisory_lock(1027321974924625846) loop perform pg_sleep(0.0005); end loop; end "
        "$$");
    auto holder = lock_session();
    ASSERT_TRUE(run(wait_for_lock(*holder, AdvisoryKey::of(v1_key), 10s, 10s)).granted);
    const auto poller = open();
    const auto poll = [](pg::Connection* session) -> async::Task<void> {
        co_await session->query("select poll()", patience());
    };
    async::TaskGroup polling(loop().executor(), [](const std::string&, std::exception_ptr) {});
    polling.spawn("poller", poll(poller.get()));
    ASSERT_TRUE(becomes(
        "select count(*) from pg_stat_activity where query = 'select poll()' and state = 'active'", "1"));
    for (int round = 0; round < 10; ++round) {
        auto waiter = lock_session();
        LockWait wait;
        async::TaskGroup waiting(loop().executor());
        waiting.spawn("waiter", wait_on(waiter.get(), &wait));
        ASSERT_TRUE(becomes("select count(*) from pg_stat_activity where pid = " +
                                std::to_string(waiter->backend().pid) + " and wait_event_type = 'Lock'",
                            "1"));
        holder->close();
        run(waiting.join());
        ASSERT_TRUE(wait.granted);
        holder = std::move(waiter);
    }
    database().run("select pg_terminate_backend(pid) from pg_stat_activity where query = 'select poll()'");
    run(polling.join());
}

TEST_F(Waiting, ATimeoutIsNoErrorForTheServer) {
    // Every error that reaches the top of a session is a line in the server's log and a transaction rolled
    // back.
    const auto holder = open();
    run(holder->query("select pg_advisory_lock(1027321974924625846)", soon()));
    const std::string rolled_back =
        "select xact_rollback from pg_stat_database where datname = current_database()";
    const auto before = database().value(rolled_back);
    const auto session = lock_session();
    const std::string pid = std::to_string(session->backend().pid);
    for (int slice = 0; slice < 3; ++slice)
        EXPECT_FALSE(run(wait_for_lock(*session, AdvisoryKey::of(v1_key), 5ms, 10s)).granted);
    session->close();
    // What a session counted is told at its end at the latest.
    ASSERT_TRUE(becomes("select count(*) from pg_stat_activity where pid = " + pid, "0"));
    EXPECT_EQ(database().value(rolled_back), before);
}

}  // namespace

}  // namespace baton::lease

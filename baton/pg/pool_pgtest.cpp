#include "baton/pg/pool.hpp"

#include "baton/async/group.hpp"
#include "testing/database.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace baton::pg {
namespace {

using namespace std::chrono_literals;

class PoolTest : public test::DatabaseTest {
  protected:
    Pool& pool(int most_open = 2, int most_idle = 2) {
        if (!pool_) pool_.emplace(loop().executor(), database().session_options(), most_open, most_idle);
        return *pool_;
    }
    Pool::Session acquire() { return run(pool().acquire(soon())); }
    void TearDown() override { pool_.reset(); }

    std::optional<Pool> pool_;
};

async::Task<void> hold(Pool* pool, int number, std::vector<int>* order, std::deque<Pool::Session>* held) {
    Pool::Session session = co_await pool->acquire(async::Deadline::after(20s));
    order->push_back(number);
    held->push_back(std::move(session));
}

TEST_F(PoolTest, OpensLazilyAndUsesSessionsAgain) {
    EXPECT_EQ(pool().stats().open, 0);
    int pid = 0;
    {
        const auto session = acquire();
        pid = session->backend_pid();
        EXPECT_EQ(pool().stats().used, 1);
    }
    EXPECT_EQ(pool().stats().used, 0);
    EXPECT_EQ(acquire()->backend_pid(), pid);
    EXPECT_EQ(run(pool().query("select 1", soon()))[0].int32(0), 1);
    EXPECT_EQ(pool().stats().open, 1);
}

TEST_F(PoolTest, WaitsForASessionThatIsFreeSoonRatherThanOpenAnother) {
    std::vector<int> order;
    std::deque<Pool::Session> held;
    async::TaskGroup group(loop().executor());
    auto first = std::make_unique<Pool::Session>(run(pool().acquire(soon())));
    group.spawn("second", hold(&pool(), 1, &order, &held));
    loop().poll();
    EXPECT_EQ(pool().stats().open, 1);
    first.reset();
    run(group.join());
    EXPECT_EQ(pool().stats().open, 1);
    EXPECT_EQ(pool().stats().waits, 0) << "the limit kept nobody waiting";
    // Nobody gives this one back.
    group.spawn("third", hold(&pool(), 2, &order, &held));
    run(group.join());
    EXPECT_EQ(pool().stats().open, 2);
}

TEST_F(PoolTest, KeepsItsLimitAndServesInOrder) {
    std::vector<int> order;
    std::deque<Pool::Session> held;
    async::TaskGroup group(loop().executor());
    held.push_back(acquire());
    held.push_back(acquire());
    for (int number = 1; number <= 3; ++number) {
        group.spawn("hold", hold(&pool(), number, &order, &held));
    }
    loop().poll();
    EXPECT_EQ(pool().stats().open, 2);
    EXPECT_TRUE(order.empty());
    while (group.size() > 0) {
        held.pop_front();
        loop().poll();
    }
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(pool().stats().waits, 3);
    EXPECT_GT(pool().stats().waited, 0ns);
    run(group.join());
}

TEST_F(PoolTest, ANewcomerDoesNotOvertakeTheQueue) {
    std::vector<int> order;
    std::deque<Pool::Session> held;
    async::TaskGroup group(loop().executor());
    auto first = std::make_unique<Pool::Session>(run(pool(1, 1).acquire(soon())));
    group.spawn("queued", hold(&pool(), 1, &order, &held));
    loop().poll();
    group.spawn("newcomer", hold(&pool(), 2, &order, &held));
    first.reset();
    loop().poll();
    EXPECT_EQ(order, std::vector<int>{1});
    held.clear();
    run(group.join());
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(PoolTest, TimesOutWhenNoSessionIsFree) {
    const auto held = run(pool(1, 1).acquire(soon()));
    EXPECT_THROW(run(pool().acquire(async::Deadline::after(5ms))), TimedOut);
}

TEST_F(PoolTest, ACancelledWaiterPassesOnWhatItWasGiven) {
    std::vector<int> order;
    std::deque<Pool::Session> held;
    auto first = std::make_unique<Pool::Session>(run(pool(1, 1).acquire(soon())));
    async::TaskGroup doomed(loop().executor());
    async::TaskGroup group(loop().executor());
    doomed.spawn("doomed", hold(&pool(), 1, &order, &held));
    loop().poll();
    group.spawn("next", hold(&pool(), 2, &order, &held));
    loop().poll();
    first.reset();
    doomed.cancel();
    run(doomed.join());
    held.clear();
    run(group.join());
    EXPECT_EQ(order.back(), 2);
}

TEST_F(PoolTest, DropsWhatCannotBeUsedAgain) {
    const auto pid_of = [this](const char* sql) {
        const auto session = acquire();
        run(session->query(sql, soon()));
        return session->backend_pid();
    };
    const int in_transaction = pid_of("begin");
    EXPECT_EQ(pool().stats().open, 0) << "an open transaction is nobody else's";
    const int fresh = pid_of("select 1");
    EXPECT_NE(fresh, in_transaction);
    database().run("select pg_terminate_backend(" + std::to_string(fresh) + ", 10000)");
    EXPECT_NE(pid_of("select 1"), fresh) << "ended by the server while idle, replaced without an error";
    EXPECT_EQ(pool().stats().open, 1);
}

TEST_F(PoolTest, ABrokenSessionMakesPlaceForTheNextInTheQueue) {
    std::vector<int> order;
    std::deque<Pool::Session> held;
    auto first = std::make_unique<Pool::Session>(run(pool(1, 1).acquire(soon())));
    async::TaskGroup group(loop().executor());
    group.spawn("queued", hold(&pool(), 1, &order, &held));
    loop().poll();
    (*first)->close();
    first.reset();
    run(group.join());
    EXPECT_EQ(order, std::vector<int>{1});
    EXPECT_TRUE(held[0]->usable());
}

TEST_F(PoolTest, DropAllAlsoDropsWhatIsInUse) {
    run(pool().warm(2, soon()));
    EXPECT_EQ(pool().stats().open, 2);
    {
        const auto used = acquire();
        pool().drop_all();
        EXPECT_EQ(pool().stats().open, 1);
        EXPECT_TRUE(used->usable()) << "its user finishes";
    }
    EXPECT_EQ(pool().stats().open, 0);
}

TEST_F(PoolTest, KeepsNoMoreIdleThanAllowed) {
    std::deque<Pool::Session> held;
    held.push_back(run(pool(3, 1).acquire(soon())));
    held.push_back(acquire());
    held.push_back(acquire());
    held.clear();
    EXPECT_EQ(pool().stats().open, 1);
}

TEST_F(PoolTest, ClosesWhatNobodyUsedForLongButKeepsSome) {
    run(pool(3, 3).warm(3, soon()));
    pool().close_unused(std::chrono::hours(1), 1);
    EXPECT_EQ(pool().stats().open, 3) << "used a moment ago";
    int used_last = 0;
    {
        const auto session = acquire();
        used_last = session->backend_pid();
    }
    pool().close_unused(std::chrono::nanoseconds(0), 1);
    EXPECT_EQ(pool().stats().open, 1);
    EXPECT_EQ(acquire()->backend_pid(), used_last) << "the one whose caches are warm stays";
}

TEST_F(PoolTest, AFailureToOpenIsToldToEveryWaiter) {
    SessionOptions options = database().session_options();
    options.url.libpq["dbname"] = "baton_test_that_does_not_exist";
    Pool nowhere(loop().executor(), options, 1, 1);
    int lost = 0;
    async::TaskGroup group(loop().executor(), [&](const std::string&, std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const ConnectionLost&) {
            ++lost;
        }
    });
    std::vector<int> order;
    std::deque<Pool::Session> held;
    for (int number = 0; number < 3; ++number) {
        group.spawn("hold", hold(&nowhere, number, &order, &held));
    }
    run(group.join());
    EXPECT_EQ(lost, 3);
    EXPECT_EQ(nowhere.stats().open, 0);
}

}  // namespace
}  // namespace baton::pg

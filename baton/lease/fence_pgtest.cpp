// Each way of getting the fence of writers wrong that leadership.md section 3 names: every test shows first
// that the wrong way commits under a stale epoch, and then that the product's way is refused in the same
// interleaving.

#include "baton/lease/fence_testing.hpp"

#include <libpq-fe.h>

namespace baton::lease {

namespace {

TEST_F(Fence, LetsTheLeaderWriteAndNobodyElse) {
    auto sessions = pool();
    std::vector<pg::Statement> batch{write("first")};
    run(pg::FencedTransaction::run_batch(sessions, first_.fence, batch, patience()));
    EXPECT_EQ(written("first"), "1");
    const Grant second = lead("b");
    EXPECT_EQ(second.fence.epoch, first_.fence.epoch + 1);
    std::vector<pg::Statement> late{write("late")};
    EXPECT_THROW(run(pg::FencedTransaction::run_batch(sessions, first_.fence, late, patience())),
                 pg::FenceRefused);
    EXPECT_EQ(written("late"), "0");
    std::vector<pg::Statement> next{write("next")};
    run(pg::FencedTransaction::run_batch(sessions, second.fence, next, patience()));
    EXPECT_EQ(written("next"), "1");
}

TEST_F(Fence, LockAndComparisonInOneStatement) {
    // The statement's snapshot is older than the lock for which it waits.
    EXPECT_TRUE(wrong_way_commits("select " + lock_shared() + ", 1 / (" + current + ")::int"));
    EXPECT_EQ(written("stale"), "1");
    EXPECT_FALSE(product_way_commits());
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, EachOneSeesTheTakeoverThatItWaitedFor) {
    // Alone: where a transaction has two, one would make up for the other.
    for (const std::string name : {"opening_fence_1", "fence_1", "fence_2", "fence_3"}) {
        const Grant now = lead("a");
        EXPECT_FALSE(commits_into_a_takeover(
            {begin(), check(now, "select baton." + name + "($1::bigint, $2::uuid)"), write(name), commit()}));
        EXPECT_EQ(written(name), "0") << name;
    }
}

TEST_F(Fence, MaterializedCte) {
    EXPECT_TRUE(wrong_way_commits("with locked as materialized (select " + lock_shared() +
                                  "::text as done) "
                                  "select 1 / (select count(*) from locked, baton.leadership "
                                  "where epoch = $1::bigint and token = $2::uuid)"));
    EXPECT_EQ(written("stale"), "1");
    EXPECT_FALSE(product_way_commits());
}

TEST_F(Fence, StableFunction) {
    // The very body of the fence; a stable function sees what its caller's statement sees.
    const std::string body = database().value("select pg_get_functiondef('baton.fence_3'::regproc)");
    std::string stable = body;
    stable.replace(stable.find("baton.fence_3"), 13, "baton.fence_stable");
    stable.replace(stable.find("LANGUAGE plpgsql"), 16, "LANGUAGE plpgsql STABLE");
    database().run(stable);
    EXPECT_TRUE(wrong_way_commits("select baton.fence_stable($1::bigint, $2::uuid)"));
    EXPECT_EQ(written("stale"), "1");
    EXPECT_FALSE(product_way_commits());
}

TEST_F(Fence, RepeatableReadAsTheRolesDefault) {
    // The body without its look at the isolation level.
    std::string unaware = database().value("select pg_get_functiondef('baton.fence_3'::regproc)");
    unaware.replace(unaware.find("baton.fence_3"), 13, "baton.fence_unaware");
    unaware.replace(unaware.find("<> 'read committed'"), 19, "= 'read uncommitted'");
    database().run(unaware);
    session_setup_ = "set default_transaction_isolation to 'repeatable read'";
    const Grant now = lead("a");
    EXPECT_TRUE(commits_into_a_takeover({plain("begin"),
                                         check(now, "select baton.fence_unaware($1::bigint, $2::uuid)"),
                                         write("stale"), commit()}));
    EXPECT_EQ(written("stale"), "1");
    // The product names the level; and where that is forgotten the fence refuses to judge.
    EXPECT_FALSE(product_way_commits());
    const Grant again = lead("a");
    auto session = open();
    run(session->execute_script(session_setup_, soon()));
    for (const auto& fence : {open_fence(again), check(again)}) {
        std::vector<pg::Statement> forgotten{plain("begin"), fence};
        EXPECT_THROW(run(session->pipeline(forgotten, soon())), pg::FenceRefused);
        run(session->query("rollback", soon()));
    }
    auto sessions = pool({{"default_transaction_isolation", "repeatable read"}});
    std::vector<pg::Statement> batch{write("named")};
    run(pg::FencedTransaction::run_batch(sessions, again.fence, batch, patience()));
    EXPECT_EQ(written("named"), "1");
}

TEST_F(Fence, InsertWhereEpoch) {
    // Right when it runs, and nothing keeps the takeover from committing before it does.
    const Grant now = lead("a");
    run(writer_->execute_script("begin isolation level read committed", soon()));
    pg::Params epoch;
    epoch.add(now.fence.epoch);
    run(writer_->query("insert into work select 1, 'stale' from baton.leadership where epoch = $1::bigint",
                       epoch, soon()));
    lead("b");
    run(writer_->query("commit", soon()));
    EXPECT_EQ(written("stale"), "1");

    const Grant again = lead("a");
    auto session = open();
    std::vector<pg::Statement> fenced{begin(), check(again), write("product")};
    run(session->pipeline(fenced, soon()));
    lead("b");
    EXPECT_THROW(run(session->query("commit", soon())), pg::ConnectionLost)
        << "the takeover ends whoever holds the fence lock";
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, ComparisonInTheClient) {
    // By the time that the client sees another epoch, the COMMIT behind it has been done.
    const Grant now = lead("a");
    EXPECT_TRUE(commits_into_a_takeover({begin(), plain("select " + lock_shared()),
                                         plain("select epoch, token from baton.leadership"), write("stale"),
                                         commit()}));
    EXPECT_EQ(written("stale"), "1");
    EXPECT_NE(database().value("select epoch from baton.leadership"), std::to_string(now.fence.epoch));
    EXPECT_FALSE(product_way_commits());
}

TEST_F(Fence, SecondSegmentOfAPipeline) {
    // A segment of its own: the refusal of the first one skips no further than to its Sync.
    lead("b");
    const auto send_in_two = [&](const std::string& what) {
        PGconn* session = PQconnectdb(database().url().c_str());
        ASSERT_EQ(PQstatus(session), CONNECTION_OK);
        PQenterPipelineMode(session);
        const std::string fence = "select baton.fence_1(" + std::to_string(first_.fence.epoch) + ", '" +
                                  first_.fence.token.to_string() + "')";
        PQsendQueryParams(session, fence.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0);
        PQpipelineSync(session);
        PQsendQueryParams(session, ("insert into work values (1, '" + what + "')").c_str(), 0, nullptr,
                          nullptr, nullptr, nullptr, 0);
        PQpipelineSync(session);
        for (int syncs = 0; syncs < 2;) {
            PGresult* result = PQgetResult(session);
            if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) ++syncs;
            PQclear(result);
        }
        PQfinish(session);
    };
    send_in_two("stale");
    EXPECT_EQ(written("stale"), "1");
    auto sessions = pool();
    std::vector<pg::Statement> batch{write("product")};
    EXPECT_THROW(run(pg::FencedTransaction::run_batch(sessions, first_.fence, batch, patience())),
                 pg::FenceRefused);
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, SomethingAfterCommitBeforeTheSameSync) {
    close_gate();
    const Grant now = lead("a");
    {
        auto session = open();
        Writing writing(
            loop(), *session,
            {begin(), check(now), write("in time"), check(now), commit(), gate(), write("stale")});
        ASSERT_TRUE(somebody_waits_for_a_lock());
        lead("b");
        open_gate();
        EXPECT_TRUE(writing.went_through());
    }
    EXPECT_EQ(written("stale"), "1") << "the fence lock went with the COMMIT";

    close_gate();
    const Grant again = lead("a");
    auto sessions = pool();
    std::exception_ptr error;
    async::TaskGroup tasks(loop().executor(),
                           [&](const std::string&, std::exception_ptr thrown) { error = thrown; });
    tasks.spawn("batch", batch_on(&sessions, again.fence, {write("product"), gate()}));
    ASSERT_TRUE(somebody_waits_for_a_lock());
    lead("b");
    open_gate();
    run(tasks.join());
    EXPECT_TRUE(error) << "everything is before the COMMIT, so the takeover had to end it";
    EXPECT_EQ(written("product"), "0");
}

TEST_F(Fence, NoSecondCheckOfASessionThatFreezesInTheMiddle) {
    // A v1 takes the lease meanwhile: it asks for no fence lock and raises no epoch.
    const std::string baton = Uuid::random(Random::system()).to_string();
    const auto own_lease = "delete from lease_lock; insert into lease_lock values ('" + baton +
                           "', now() + interval '1 minute'); "
                           "update baton.leadership set lease_client_id = '" +
                           baton + "'";
    const auto v1_takes_it = "update lease_lock set client_id = gen_random_uuid()";
    const Grant now = lead("a");

    database().run(own_lease);
    close_gate();
    {
        auto session = open();
        Writing writing(loop(), *session, {begin(), open_fence(now), write("stale"), gate(), commit()});
        ASSERT_TRUE(somebody_waits_for_a_lock());
        database().run(v1_takes_it);
        open_gate();
        EXPECT_TRUE(writing.went_through());
    }
    EXPECT_EQ(written("stale"), "1");

    database().run(own_lease);
    close_gate();
    auto sessions = pool();
    std::exception_ptr error;
    async::TaskGroup tasks(loop().executor(),
                           [&](const std::string&, std::exception_ptr thrown) { error = thrown; });
    tasks.spawn("batch", batch_on(&sessions, now.fence, {write("product"), gate()}));
    ASSERT_TRUE(somebody_waits_for_a_lock());
    database().run(v1_takes_it);
    open_gate();
    run(tasks.join());
    ASSERT_TRUE(error);
    EXPECT_THROW(std::rethrow_exception(error), pg::FenceRefused);
    EXPECT_EQ(written("product"), "0");
}

}  // namespace

}  // namespace baton::lease

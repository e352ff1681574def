#include "baton/lease/lease.hpp"

#include "baton/lease/lease_testing.hpp"
#include "baton/pg/transaction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::lease {

namespace {

using namespace std::chrono_literals;
using model::LeadershipState;
using model::LockingMode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EachMode : public LeaseTest, public ::testing::WithParamInterface<LockingMode> {};
INSTANTIATE_TEST_SUITE_P(Lease, EachMode,
                         ::testing::Values(LockingMode::dual, LockingMode::lease, LockingMode::advisorylock,
                                           LockingMode::none),
                         [](const auto& tested) { return model::to_string(tested.param); });

class OneMode : public LeaseTest {};

const char* const advisory_locks =
    "select count(*) from pg_locks where locktype = 'advisory' and database = "
    "(select oid from pg_database where datname = current_database())";

TEST_P(EachMode, FirstInstanceOnAnEmptyDatabaseLeadsAndLeavesNothingHeld) {
    const auto a = node("a", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_TRUE(a->leadership().may_act());
    EXPECT_EQ(a->grant()->fence.epoch, 1);
    EXPECT_EQ(a->grant()->change.reason, "first start");
    EXPECT_EQ(database().value("select instance || ' ' || epoch from baton.leadership"), "a 1");
    EXPECT_EQ(database().value("select reason from baton.leadership_log"), "first start");
    EXPECT_THAT(a->events(), ElementsAre("starting -> standby", "standby -> taking", "prepare", "lead 1",
                                         "taking -> leading"));
    EXPECT_EQ(a->metrics().count("leadership_moves_total from=taking to=leading"), 1);
    end(*a);
    EXPECT_EQ(a->leadership().state(), LeadershipState::stopped);
    EXPECT_FALSE(a->leadership().may_act());
    EXPECT_EQ(database().value("select state from baton.instances where name = 'a'"), "stopped");
    EXPECT_EQ(database().value(advisory_locks), "0");
}

TEST_P(EachMode, ReleaseHandsOverToTheStandby) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a (http://a), leading since")));
    EXPECT_EQ(b->leadership().state(), LeadershipState::standby);
    const auto asked = BootClock::now();
    end(*a);
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    std::cout << "handover in mode " << model::to_string(GetParam()) << " took "
              << std::chrono::duration_cast<std::chrono::microseconds>(b->granted_at() - asked).count()
              << " us\n";
    EXPECT_THAT(a->events(), ElementsAre("starting -> standby", "standby -> taking", "prepare", "lead 1",
                                         "taking -> leading", "leading -> draining", "unlead orderly",
                                         "draining -> stopped"));
    EXPECT_EQ(b->grant()->fence.epoch, 2);
    EXPECT_EQ(b->grant()->change.reason, "handover");
    EXPECT_EQ(b->grant()->change.from_instance, "a");
    end(*b);
}

TEST_P(EachMode, HandsOverAndBackWhileBothLive) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_THROW(run(a->leadership().hand_over()), InvalidInput) << "nobody waits";
    EXPECT_TRUE(a->leadership().may_act()) << "nothing changed";
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    EXPECT_THROW(run(b->leadership().hand_over()), InvalidInput) << "it does not lead";

    run(a->leadership().hand_over());
    EXPECT_FALSE(a->leadership().may_act());
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_EQ(b->grant()->change.reason, "handover");
    EXPECT_THAT(a->events(), testing::Contains("unlead orderly"));
    ASSERT_TRUE(run(a->says("standby: waiting for b")));
    run(b->leadership().hand_over());
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_EQ(a->grant()->fence.epoch, 3);
    end(*b);
    end(*a);
}

TEST_P(EachMode, AHandoverBackRightAfterOneWaitsForWhoHandedOver) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    run(a->leadership().hand_over());
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    // It has not queued again yet.
    run(b->leadership().hand_over("a"));
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    end(*b);
    end(*a);
}

TEST_P(EachMode, AStandbyTakesOverWhenTheLeadersSessionsEnd) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    cut(*a);
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_EQ(b->grant()->change.reason, "leader gone");
    // It lives, notices, and queues again.
    ASSERT_TRUE(run(a->reaches(LeadershipState::standby)));
    ASSERT_TRUE(run(a->says("standby: waiting for b")));
    EXPECT_FALSE(a->leadership().may_act());
    EXPECT_EQ(a->events().at(5), "leading -> draining");
    EXPECT_EQ(a->events().at(6), "unlead");
    end(*b);
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_EQ(a->grant()->fence.epoch, 3);
    end(*a);
}

TEST_P(EachMode, OfTwoStandbysOneLeadsAndTheOtherGoesOnWaiting) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    const auto c = node("c", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    b->start();
    c->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    ASSERT_TRUE(run(c->says("standby: waiting for a")));
    end(*a);
    ASSERT_TRUE(becomes("select epoch from baton.leadership", "2"));
    Node& first = database().value("select instance from baton.leadership") == "b" ? *b : *c;
    Node& second = &first == b.get() ? *c : *b;
    ASSERT_TRUE(run(first.reaches(LeadershipState::leading)));
    EXPECT_FALSE(second.grant());
    end(first);
    ASSERT_TRUE(run(second.reaches(LeadershipState::leading)));
    EXPECT_EQ(second.grant()->fence.epoch, 3);
    end(second);
    EXPECT_EQ(database().value("select string_agg(epoch::text, ',' order by id) from baton.leadership_log"),
              "1,2,3");
}

TEST_P(EachMode, EndsAtOnceWhileItWaits) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    end(*b);
    EXPECT_EQ(b->leadership().state(), LeadershipState::stopped);
    EXPECT_THAT(b->events(), ElementsAre("starting -> standby", "standby -> stopped"));
    EXPECT_TRUE(a->leadership().may_act());
    end(*a);
}

TEST_P(EachMode, ACancelledLeaderEndsItsEpochAndGivesTheLocksBack) {
    const auto a = node("a", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    run(a->cancel());
    EXPECT_THAT(a->events(), ::testing::Contains("unlead"));
    EXPECT_EQ(a->leadership().state(), LeadershipState::stopped);
    EXPECT_EQ(database().value(advisory_locks), "0");
}

TEST_P(EachMode, AWriterOfTheFormerEpochThatHangsIsEnded) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    // Of another name, so that only the lock tells whose it is.
    auto writer = open();
    database().run("create table work (by_epoch bigint)");
    pg::Params epoch;
    epoch.add(a->grant()->fence.epoch).add(a->grant()->fence.token);
    std::vector<pg::Statement> begun;
    begun.push_back({"begin isolation level read committed", {}});
    begun.push_back({a->grant()->fence.statement, epoch});
    begun.push_back({"insert into work values (1)", {}});
    run(writer->pipeline(begun, patience()));
    end(*a);
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_THROW(run(writer->query("commit", patience())), pg::ConnectionLost);
    EXPECT_EQ(database().value("select count(*) from work"), "0");
    end(*b);
}

TEST_P(EachMode, ALeaderThatCannotPrepareGivesEverythingBack) {
    const auto a = node("a", GetParam());
    const auto b = node("b", GetParam());
    a->fails["prepare"] = "the schema is newer than this program";
    a->start();
    ASSERT_TRUE(run(a->says("the takeover did not finish: the schema is newer than this program")));
    b->start();
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_FALSE(a->grant());
    end(*b);
    end(*a);
}

TEST_P(EachMode, WorksWhereTheDatabasesDefaultIsRepeatableRead) {
    database().run("alter database " + database().name() +
                   " set default_transaction_isolation to 'repeatable read'");
    const auto a = node("a", GetParam());
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    ASSERT_TRUE(becomes("select (alive_at > since)::text from baton.leadership", "true"));
    end(*a);
}

/// Which of its sessions a leader loses.
struct LostSession {
    const char* name;
    LockingMode mode;
    std::string which;
};
class EachSession : public LeaseTest, public ::testing::WithParamInterface<LostSession> {};
INSTANTIATE_TEST_SUITE_P(Lease, EachSession,
                         ::testing::Values(LostSession{"watch", LockingMode::none, "l.objsubid = 2"},
                                           LostSession{"watchOfDual", LockingMode::dual, "l.objsubid = 2"},
                                           LostSession{"advisory", LockingMode::advisorylock,
                                                       "l.objsubid = 1"},
                                           LostSession{"advisoryOfDual", LockingMode::dual, "l.objsubid = 1"},
                                           LostSession{"lease", LockingMode::lease, ""},
                                           LostSession{"leaseOfDual", LockingMode::dual, ""}),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(EachSession, LosingItEndsTheEpochAndTheInstanceQueuesAgain) {
    const auto a = node("a", GetParam().mode);
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    const std::string mine = "a.application_name like '%" + a->id().substr(0, 28) + "%'";
    database().run(
        GetParam().which.empty()
            ? "select pg_terminate_backend(a.pid) from pg_stat_activity a where a.query like '%lease_lock%' "
              "and " +
                  mine
            : "select pg_terminate_backend(a.pid) from pg_stat_activity a join pg_locks l using (pid) "
              "where l.locktype = 'advisory' and l.granted and " +
                  GetParam().which + " and " + mine);
    ASSERT_TRUE(run(a->reaches(LeadershipState::draining)));
    EXPECT_FALSE(a->leadership().may_act());
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_EQ(a->grant()->fence.epoch, 2);
    EXPECT_EQ(a->grant()->change.reason, "own locks lost");
    EXPECT_EQ(std::count(a->events().begin(), a->events().end(), "unlead"), 1);
    end(*a);
}

TEST_F(OneMode, AServiceThatIsRefusedEndsTheEpoch) {
    const auto a = node("a", LockingMode::dual);
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    a->leadership().lost("a write was refused");
    EXPECT_FALSE(a->leadership().may_act());
    ASSERT_TRUE(run(a->reaches(LeadershipState::draining)));
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    EXPECT_EQ(a->grant()->fence.epoch, 2);
    end(*a);
}

TEST_F(OneMode, AnEpochWhoseServicesDoNotStartIsGivenBack) {
    const auto a = node("a", LockingMode::dual);
    const auto b = node("b", LockingMode::dual);
    a->fails[""] = "no endpoint answers";
    a->start();
    ASSERT_TRUE(run(a->says("the services did not start: no endpoint answers")));
    b->start();
    ASSERT_TRUE(run(b->reaches(LeadershipState::leading)));
    EXPECT_THAT(a->events(), ::testing::Contains("unlead"));
    EXPECT_EQ(a->metrics().count("leadership_moves_total from=taking to=leading"), 0);
    end(*b);
    end(*a);
}

TEST_F(OneMode, AnotherHistoryOfTheDatabaseEndsLeadership) {
    auto settings = settings_for(database().session_options(), "a", LockingMode::dual);
    const auto history = std::make_shared<pg::ServerHistory>();
    settings.session.history = history;
    Node a(loop(), settings);
    a.start();
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    auto promoted = *history->known();
    promoted.timeline = "7FFFFFFF";
    // As a session of the pool does that reaches a replica that was promoted.
    EXPECT_THROW(history->require(promoted), pg::OtherHistory);
    EXPECT_FALSE(a.leadership().may_act());
    ASSERT_TRUE(run(a.reaches(LeadershipState::standby)));
    ASSERT_TRUE(run(a.reaches(LeadershipState::leading)));
    EXPECT_EQ(a.grant()->fence.epoch, 2) << "the lock sessions found the old one again";
    end(a);
}

TEST_F(OneMode, LocksAreTakenAndReleasedInOrder) {
    auto other = open();
    run(other->query("select pg_advisory_lock(1027321974924625846)", patience()));
    const auto a = node("a", LockingMode::dual);
    a->start();
    ASSERT_TRUE(run(a->says("Another application holds the advisory lock, waiting...")));
    EXPECT_EQ(database().value(holders(true)), "1") << "watch lock first";
    EXPECT_EQ(database().value("select client_id from lease_lock"), a->id()) << "then the lease";
    // It says so between two of its waits; the next one is on its way to the server.
    EXPECT_TRUE(becomes(holders(false, false), "1")) << "then the queue for the advisory lock";
    run(other->query("select pg_advisory_unlock(1027321974924625846)", patience()));
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));

    // Whoever locks the row holds the release up between the advisory lock and the watch lock.
    run(other->execute_script("begin; select * from lease_lock for update", patience()));
    async::TaskGroup releasing(loop().executor());
    releasing.spawn("release", a->release());
    ASSERT_TRUE(becomes("select (" + holders(false) + ") || ' ' || (" + holders(true) + ")", "0 1"))
        << "advisory lock first, the watch lock waits for the lease";
    run(other->execute_script("rollback", patience()));
    run(releasing.join());
    EXPECT_EQ(database().value("select (expires_at <= now())::text from lease_lock"), "true");
    EXPECT_EQ(database().value(holders(true)), "0");
}

TEST_F(OneMode, SaysWhatItWaitsForInTheWordsOfV1) {
    const auto a = node("a", LockingMode::dual);
    const auto b = node("b", LockingMode::dual);
    a->start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    b->start();
    ASSERT_TRUE(run(b->says("standby: waiting for a")));
    const auto words = b->log().with(
        "Another application is currently holding the database lease (or a previous instance exited "
        "uncleanly), waiting for lease to expire...");
    ASSERT_FALSE(words.empty());
    EXPECT_EQ(words[0].logger, "b.LockedDB.LeaseLock");
    EXPECT_EQ(words[0].field("tryCount"), "0");
    EXPECT_EQ(words[0].field("appID"), b->id());
    EXPECT_EQ(a->log().with("Using database locking mode: dual").at(0).logger, "a.LockedDB");
    EXPECT_EQ(a->log().with("Got exclusive lease on database").at(0).logger, "a.LockedDB.LeaseLock");
    EXPECT_EQ(a->log().with("Got advisory lock").at(0).field("advisoryLockID"), "1027321974924625846");
    end(*b);
    end(*a);
}

TEST_F(OneMode, ARoleWithoutTheRightToCreateTheSchemaIsToldTheStatement) {
    const std::string role = "baton_test_role_" + database().name().substr(11);
    database().run("create role " + role + " login");
    auto settings = settings_for(database().session_options(), "a", LockingMode::dual);
    settings.session.url.libpq["user"] = role;
    {
        Node a(loop(), settings);
        a.start();
        run(a.joined());
        ASSERT_TRUE(a.error());
        try {
            std::rethrow_exception(a.error());
        } catch (const StartRefused& refused) {
            EXPECT_THAT(refused.what(), HasSubstr("CREATE SCHEMA \"baton\" AUTHORIZATION \"" + role + "\""));
        }
        EXPECT_EQ(database().value(advisory_locks), "0");
        EXPECT_EQ(database().value("select to_regclass('lease_lock') is null"), "t");
    }
    database().run("create schema baton authorization " + role + "; grant create on schema public to " +
                   role);
    {
        Node a(loop(), settings);
        a.start();
        EXPECT_TRUE(run(a.reaches(LeadershipState::leading)));
        end(a);
    }
    database().run("drop owned by " + role + "; drop role " + role);
}

TEST_F(OneMode, NodesUnderDifferentSearchPathsNeverMeet) {
    database().run("create schema other");
    const auto a = node("a", LockingMode::lease);
    auto settings = settings_for(database().session_options(), "b", LockingMode::lease);
    settings.session.url.runtime["search_path"] = "other";
    Node b(loop(), settings);
    a->start();
    b.start();
    ASSERT_TRUE(run(a->reaches(LeadershipState::leading)));
    ASSERT_TRUE(run(b.reaches(LeadershipState::leading)));
    EXPECT_EQ(b.leadership().schemas().own_schema, "baton_other");
    EXPECT_EQ(database().value("select client_id from other.lease_lock"), b.id());
    EXPECT_EQ(database().value("select client_id from public.lease_lock"), a->id());
    end(*a);
    end(b);
}

TEST_F(OneMode, AnUnreachableDatabaseIsWaitedFor) {
    auto settings = settings_for(database().session_options(), "a", LockingMode::dual);
    settings.session.url.libpq["port"] = "1";
    Node a(loop(), settings);
    a.start();
    ASSERT_TRUE(run(a.says("the database locks cannot be waited for")));
    EXPECT_EQ(a.leadership().state(), LeadershipState::starting);
    EXPECT_FALSE(a.error());
    end(a);
    EXPECT_FALSE(a.error());
    EXPECT_EQ(a.leadership().state(), LeadershipState::stopped);
}

TEST_F(OneMode, SettingsThatMakeNoSenseAreRefused) {
    auto settings = settings_for(database().session_options(), "a", LockingMode::dual);
    settings.suspect_after = 6s;
    EXPECT_THROW(Node(loop(), settings), StartRefused);
    settings.suspect_after = 499ms;
    EXPECT_THROW(Node(loop(), settings), StartRefused);
    settings.suspect_after = 2s;
    settings.session.application_name = "baton";
    EXPECT_THROW(Node(loop(), settings), StartRefused);
}

}  // namespace

}  // namespace baton::lease

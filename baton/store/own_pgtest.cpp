#include "baton/store/own.hpp"

#include "baton/store/pipeline_sources.hpp"
#include "testing/product_world.hpp"

namespace baton::store {
namespace {

using Own = test::ProductWorld;

constexpr std::chrono::seconds silence{10};
const char* const sign_of_life = "update baton.leadership set since = now(), alive_at = now()";

TEST_F(Own, TheHistoryComesNewestFirst) {
    database().run(
        "insert into baton.leadership_log (epoch, client_id, instance, from_instance, reason, took_us, at) "
        "values "
        "(1, gen_random_uuid(), 'a', null, 'first start', 1500, '2022-01-01Z'), "
        "(2, gen_random_uuid(), 'b', 'a', 'leader gone', 700, '2022-01-02Z')");
    const auto history = run(leadership_history(pool(), "baton", 50, soon()));
    ASSERT_EQ(history.size(), 2U);
    EXPECT_EQ(history[0].epoch, 2);
    EXPECT_EQ(history[0].instance, "b");
    EXPECT_EQ(history[0].from_instance, "a");
    EXPECT_EQ(history[0].reason, "leader gone");
    EXPECT_EQ(history[0].took, std::chrono::microseconds(700));
    EXPECT_EQ(history[0].at, at(24 * 3600));
    EXPECT_EQ(history[1].from_instance, "");
    EXPECT_EQ(run(leadership_history(pool(), "baton", 1, soon())).size(), 1U);
}

TEST_F(Own, TheHistoryTellsHowLongNobodyLedAndHowThatIsKnown) {
    database().run(
        "insert into baton.leadership_log (epoch, client_id, instance, from_instance, reason, took_us, at) "
        "values "
        "(1, gen_random_uuid(), 'a', null, 'first start', 1500, '2022-01-01Z'), "
        "(2, gen_random_uuid(), 'b', 'a', 'handover', 700, '2022-01-02Z')");
    database().run("insert into baton.leadership_gaps values (2, '2022-01-01 23:59:59.9965Z', 'release')");
    auto history = run(leadership_history(pool(), "baton", 50, soon()));
    ASSERT_TRUE(history[0].gap);
    EXPECT_EQ(history[0].gap->length, std::chrono::microseconds(3500));
    EXPECT_EQ(history[0].gap->known_by, "release");
    EXPECT_FALSE(history[1].gap);

    // While an instance of the version before leads.
    database().run("drop table baton.leadership_gaps");
    history = run(leadership_history(pool(), "baton", 50, soon()));
    ASSERT_EQ(history.size(), 2U);
    EXPECT_FALSE(history[0].gap);
}

TEST_F(Own, InstancesThatWereSeenLatelyAreListed) {
    database().run(
        "insert into baton.instances (client_id, name, address, version, state, last_seen) values "
        "(gen_random_uuid(), 'two', 'http://two', '1.11.0', 'standby', now()), "
        "(gen_random_uuid(), 'one', 'http://one', '1.11.0', 'leading', now()), "
        "(gen_random_uuid(), 'gone', '', '1.11.0', 'standby', now() - interval '2 minutes')");
    const auto instances = run(live_instances(pool(), "baton", soon()));
    ASSERT_EQ(instances.size(), 2U);
    EXPECT_EQ(instances[0].name, "one");
    EXPECT_EQ(instances[0].state, model::LeadershipState::leading);
    EXPECT_EQ(instances[1].address, "http://two");
}

TEST_F(Own, WhoLeadsIsReadFromTheRow) {
    database().run(sign_of_life);
    const auto leadership = run(current_leader(pool(), "baton", silence, soon()));
    ASSERT_TRUE(leadership);
    EXPECT_EQ(leadership->who.epoch, 1);
    EXPECT_EQ(leadership->who.instance, "test");
    database().run("delete from baton.leadership");
    EXPECT_FALSE(run(current_leader(pool(), "baton", silence, soon())));
}

TEST_F(Own, WhoIsGoneDoesNotLead) {
    const auto leads = [&] { return run(current_leader(pool(), "baton", silence, soon())).has_value(); };
    database().run(sign_of_life);
    database().run(
        "insert into baton.instances (client_id, name, address, version, state, last_seen) "
        "select client_id, 'test', '', '1.11.0', 'standby', since - interval '1 second' from "
        "baton.leadership");
    EXPECT_TRUE(leads()) << "it took over a moment ago and has not said so yet";
    database().run("update baton.instances set last_seen = now() + interval '1 second'");
    EXPECT_FALSE(leads()) << "it stands by";
    database().run("update baton.instances set state = 'draining'");
    EXPECT_TRUE(leads());
    database().run("update baton.instances set state = 'stopped'");
    EXPECT_FALSE(leads());
    database().run("delete from baton.instances");
    EXPECT_TRUE(leads());
    database().run("update baton.leadership set alive_at = now() - interval '11 seconds'");
    EXPECT_FALSE(leads()) << "it was killed";
}

TEST_F(Own, SettingsAreOverwritten) {
    EXPECT_FALSE(run(read_setting(pool(), "baton", "cookie", soon())));
    run(replace_setting(writer(), "cookie", "one"));
    run(replace_setting(writer(), "cookie", "two"));
    EXPECT_EQ(run(read_setting(pool(), "baton", "cookie", soon())), "two");
}

TEST_F(Own, BeforeTheFirstTakeoverEverythingIsEmpty) {
    EXPECT_TRUE(run(leadership_history(pool(), "baton_absent", 50, soon())).empty());
    EXPECT_TRUE(run(live_instances(pool(), "baton_absent", soon())).empty());
    EXPECT_FALSE(run(current_leader(pool(), "baton_absent", silence, soon())));
    EXPECT_FALSE(run(read_setting(pool(), "baton_absent", "cookie", soon())));
}

TEST_F(Own, PipelineSourcesTellTheirJobs) {
    const auto one = stored(webhook_job("one", 1));
    const auto two = stored(direct_job("two", 2));
    const auto sources = run(find_pipeline_sources(pool(), {two.pipeline_spec_id, 9999}, soon()));
    ASSERT_EQ(sources.size(), 1U);
    EXPECT_EQ(sources[0].job_id, two.id);
    EXPECT_EQ(sources[0].pipeline_spec_id, two.pipeline_spec_id);
    EXPECT_EQ(sources[0].observation_source, two.observation_source);
    EXPECT_EQ(run(find_pipeline_sources(pool(), {one.pipeline_spec_id, two.pipeline_spec_id}, soon())).size(),
              2U);
}

}  // namespace
}  // namespace baton::store

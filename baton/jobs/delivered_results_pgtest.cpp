#include "baton/jobs/directrequest/direct_requests_testing.hpp"
#include "baton/jobs/inherited_runs.hpp"
#include "baton/jobs/run_service.hpp"

namespace baton::jobs {
namespace {

/// Suspended runs of a job with two asynchronous bridges, whose adapters deliver.
class DeliveredResults : public DirectRequestsTest {
  protected:
    static constexpr std::int64_t run_id = 50;

    void SetUp() override {
        DirectRequestsTest::SetUp();
        if (IsSkipped()) return;
        start();
        auto job = webhook_job();
        job.observation_source =
            "a [type=bridge name=x async=true]; b [type=bridge name=x async=true];"
            "sum [type=sum values=<[ $(a), $(b) ]>]; a -> sum; b -> sum";
        job_ = stored(std::move(job));
        catalog().put(compile(job_));
        add_run("suspended");
    }
    void add_run(const std::string& state) {
        database().run(
            "insert into pipeline_runs (id, pipeline_spec_id, state, inputs, created_at) values (" +
            std::to_string(run_id) + ", " + std::to_string(job_.pipeline_spec_id) + ", '" + state +
            "', '{\"jobRun\": {}}', now())");
        for (const auto& [dot_id, id] : {std::pair("a", 1), std::pair("b", 2)})
            database().run(
                "insert into pipeline_task_runs (id, pipeline_run_id, type, dot_id, created_at) values ('" +
                uuid(static_cast<std::uint8_t>(id)).to_string() + "', " + std::to_string(run_id) +
                ", 'bridge', '" + dot_id + "', now())");
    }
    std::optional<std::int64_t> deliver(int task, const std::string& json) {
        pipeline::TaskOutput output{json, std::nullopt};
        return run(run_service().deliver(uuid(static_cast<std::uint8_t>(task)), std::move(output)));
    }
    void go_on() { run(run_service().go_on(run_id)); }
    std::string state() { return database().value("select state from pipeline_runs"); }
    std::string outputs() { return database().value("select outputs from pipeline_runs"); }

  private:
    model::Job job_;
};

TEST_F(DeliveredResults, ARunGoesOnWhenTheLastOneCame) {
    EXPECT_EQ(deliver(1, "21"), run_id);
    EXPECT_EQ(state(), "running") << "as v1.11.0 says that it has to go on";
    go_on();
    EXPECT_EQ(state(), "suspended");
    EXPECT_EQ(database().value("select output from pipeline_task_runs where dot_id = 'a'"), "21");
    EXPECT_EQ(deliver(2, "4"), run_id);
    go_on();
    EXPECT_EQ(state(), "completed");
    EXPECT_EQ(outputs(), "[\"25\"]");
}

TEST_F(DeliveredResults, TheSameOneTwiceDoesNothingTwice) {
    EXPECT_EQ(deliver(1, "21"), run_id);
    EXPECT_EQ(deliver(1, "22"), std::nullopt);
    go_on();
    EXPECT_EQ(deliver(1, "23"), std::nullopt);
    deliver(2, "4");
    go_on();
    EXPECT_EQ(outputs(), "[\"25\"]");
    EXPECT_THROW(deliver(1, "21"), NotFound) << "the run is over";
    EXPECT_THROW(deliver(9, "21"), NotFound) << "nobody waits";
}

TEST_F(DeliveredResults, ResultsThatComeTogetherAreBothUsed) {
    deliver(1, "21");
    deliver(2, "4");
    async::TaskGroup group(loop().executor());
    group.spawn("first", run_service().go_on(run_id));
    group.spawn("second", run_service().go_on(run_id));
    run(group.join());
    EXPECT_EQ(outputs(), "[\"25\"]");
}

TEST_F(DeliveredResults, OneThatComesWhileTheRunIsCommittedIsNotLost) {
    deliver(1, "21");
    // What the run is committed with was read before the second result came.
    const auto before = run(store::find_run(pool(), run_id, soon()));
    deliver(2, "4");
    store::RunCommitter committer(loop().executor(), writer(), log());
    async::TaskGroup group(loop().executor());
    group.spawn("commits", committer.run());
    store::RunCommit commit;
    commit.run = *before;
    commit.run.state = model::RunState::suspended;
    run(committer.commit(std::move(commit)));
    run(group.stop());
    EXPECT_EQ(state(), "running");
    go_on();
    EXPECT_EQ(outputs(), "[\"25\"]");
}

TEST_F(DeliveredResults, TheNextLeaderGoesOnWithIt) {
    deliver(1, "21");
    stop();
    start();
    run(finish_inherited_runs(run_service(), writer(), log(), {std::chrono::milliseconds(10)}));
    EXPECT_EQ(state(), "suspended") << "and does not ask the other adapter again";
    deliver(2, "4");
    go_on();
    EXPECT_EQ(outputs(), "[\"25\"]");
}

TEST_F(DeliveredResults, AFailureOfTheDatabaseIsTriedAgain) {
    deliver(1, "21");
    deliver(2, "4");
    database().run("alter table pipeline_runs rename to away");
    async::TaskGroup group(loop().executor());
    group.spawn("goes on", run_service().go_on(run_id));
    until([&] { return lines().with("could not go on after the answer of its adapter").size() == 1; },
          "it fails");
    database().run("alter table away rename to pipeline_runs");
    run(group.join());
    EXPECT_EQ(outputs(), "[\"25\"]");
}

TEST_F(DeliveredResults, WhoDoesNotLeadTakesNone) {
    lose_leadership();
    EXPECT_THROW(deliver(1, "21"), pg::FenceRefused);
    EXPECT_EQ(state(), "suspended");
}

}  // namespace
}  // namespace baton::jobs

#include "baton/store/rehearsal.hpp"

#include "testing/product_world.hpp"

#include <gtest/gtest.h>

namespace baton::store {
namespace {

class RehearsalTest : public test::ProductWorld {
  protected:
    static constexpr int sessions = 3;

    Rehearsal rehearsal() {
        Rehearsal what;
        what.own_schema = writer().fence.own_schema;
        what.chain_id = chain_id();
        what.fence = writer().fence;
        return what;
    }
    /// Rows that any transaction inserted, updated or deleted in this database.
    std::string everything_written() {
        std::string all;
        for (const auto* table : {"pipeline_runs", "pipeline_task_runs", "eth_txes", "log_broadcasts",
                                  "sessions", "baton.requests", "baton.leadership"})
            all += database().value(
                       std::string("select coalesce(string_agg(t.xmin || ' ' || t::text, ';'), '') from ") +
                       table + " t") +
                   "|";
        return all + database().value("select last_value || is_called::text from pipeline_runs_id_seq");
    }
};

TEST_F(RehearsalTest, EverySessionKnowsWhatALeaderAsksFirstAndNothingIsWritten) {
    const auto before = everything_written();
    run(rehearse(pool(), sessions, rehearsal(), soon()));
    EXPECT_EQ(everything_written(), before);
    std::vector<pg::Pool::Session> all;
    for (int i = 0; i < sessions; ++i) {
        all.push_back(run(pool().acquire(soon())));
        for (const auto* known : {"%pipeline_runs r where r.state%", "%from jobs%", "%opening_fence%",
                                  "explain insert into pipeline_task_runs%", "explain insert into eth_txes%",
                                  "explain with done as (update log_broadcasts%"}) {
            pg::Params params;
            params.add(std::string(known));
            const auto rows =
                run(all.back()->query("select count(*) from pg_prepared_statements where statement like $1",
                                      std::move(params), soon()));
            EXPECT_GT(rows[0].int64(0), 0) << known << " in session " << i;
        }
    }
}

TEST_F(RehearsalTest, AnEpochThatIsOverIsNoError) {
    auto what = rehearsal();
    what.fence->epoch += 1;
    run(rehearse(pool(), 1, what, soon()));
    EXPECT_EQ(run(pool().query("select 1", soon()))[0].int32(0), 1);
}

TEST_F(RehearsalTest, WithoutTheTablesItFails) {
    auto what = rehearsal();
    what.own_schema = "nowhere";
    EXPECT_THROW(run(rehearse(pool(), 1, what, soon())), pg::StatementFailed);
}

}  // namespace
}  // namespace baton::store

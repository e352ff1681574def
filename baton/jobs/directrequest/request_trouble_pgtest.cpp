#include "baton/jobs/directrequest/direct_requests_testing.hpp"
#include "baton/pg/error.hpp"

namespace baton::jobs {
namespace {

/// What happens to requests when something else does not work.
using RequestTrouble = DirectRequestsTest;

TEST_F(RequestTrouble, AFullQueueOfTransactionsHoldsRequestsBack) {
    settings().max_queued = 3;
    start();
    for (std::uint8_t i = 1; i <= 10; ++i)
        ask(i);
    chain().mine();
    until_runs(3);
    chain().mine();
    settle();
    EXPECT_EQ(runs(), 3);
    EXPECT_EQ(broadcasts(), "3 consumed, 7 not") << "they wait, they are not lost";
    database().run("update eth_txes set state = 'fatal_error', error = 'sent'");
    chain().mine();
    until_runs(6);
    database().run("update eth_txes set state = 'fatal_error', error = 'sent'");
    chain().mine();
    until_runs(9);
    database().run("update eth_txes set state = 'fatal_error', error = 'sent'");
    chain().mine();
    until_runs(10);
    expect_exactly_once(10);
}

TEST_F(RequestTrouble, ABlockThatCouldNotBeRecordedIsReadAgain) {
    start();
    until_caught_up();
    database().run("alter table baton.chain_progress rename to gone");
    ask(1);
    chain().mine();
    until([&] { return !lines().with("reading logs failed").empty(); }, "recording fails");
    EXPECT_EQ(count("log_broadcasts"), 0);
    database().run("alter table baton.gone rename to chain_progress");
    until_runs(1);
    expect_exactly_once(1);
}

TEST_F(RequestTrouble, APartOfTheBackFillThatCouldNotBeRecordedIsReadAgain) {
    settings().log_backfill_batch_size = 5;
    start();
    until_caught_up();
    stop();
    ask(1);
    chain().mine(30);
    until([&] { return heads().latest()->number == chain().height(); }, "the newest head is known");
    database().run(
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'not now'; end $$; "
        "create trigger refuse before insert on log_broadcasts for each row when (not new.consumed) execute "
        "function refuse()");
    start();
    until([&] { return lines().with("reading logs failed").size() > 1; }, "recording fails");
    EXPECT_EQ(runs(), 0) << "what is not on record is not run";
    database().run("drop trigger refuse on log_broadcasts");
    until_runs(1);
    until_caught_up();
    expect_exactly_once(1);
}

TEST_F(RequestTrouble, ALogThatIsOnRecordIsWaitedForWhileItsBlockStands) {
    settings().min_incoming_confirmations = 3;
    start();
    ask(1);
    chain().mine();
    until_caught_up();
    stop();
    chain().hides = [](const model::Log&) { return true; };
    chain().mine(6);
    start();
    until_caught_up();
    settle();
    EXPECT_EQ(broadcasts(), "0 consumed, 1 not") << "an answer without it proves nothing";
    EXPECT_FALSE(lines().with("did not give a log that is on record").empty());
    chain().hides = {};
    chain().mine();
    until_runs(1);
    until_caught_up();
    expect_exactly_once(1);
}

TEST_F(RequestTrouble, ABlockThatTheEndpointDoesNotKnowYetIsAskedForSoon) {
    start();
    until_caught_up();
    model::Head early;
    early.number = chain().height() + 1;
    early.hash = hash(99);
    requests().on_head(early);
    until([&] { return lines().with("reading logs failed").size() >= 3; }, "it is asked for again and again");
    ask(1);
    chain().mine();
    until_runs(1);
}

TEST_F(RequestTrouble, ASlowJobLeavesRoomForTheOthers) {
    net::ServerOptions options;
    options.address = "127.0.0.1";
    options.body_limit = [](const net::Request&) { return std::size_t{1} << 16; };
    net::HttpServer never(loop().executor(), std::move(options),
                          [](net::Request) -> async::Task<net::Response> {
                              co_await async::sleep_for(std::chrono::hours(1));
                              co_return net::Response();
                          });
    never.listen();
    const auto slow = create(direct_job("slow", 102));
    auto asks = slow;
    asks.observation_source =
        "a [type=http method=GET allowUnrestrictedNetworkAccess=true url=\"http://127.0.0.1:" +
        std::to_string(never.port()) + "\"]";
    catalog().put(compile(asks));
    start();
    for (std::uint8_t i = 1; i <= 100; ++i)
        chain().emit(request(slow, i));
    chain().mine();
    until_caught_up();
    ask(101);
    chain().mine();
    until_runs(1);
    EXPECT_EQ(count("eth_txes"), 1);
    stop();
    run(never.close_all());
}

TEST_F(RequestTrouble, AnEndpointThatIsAwayForSomeBlocksLosesNothing) {
    start();
    until_caught_up();
    chain().unreachable = true;
    for (std::uint8_t i = 1; i <= 3; ++i) {
        ask(i);
        chain().mine(5);
    }
    settle();
    chain().unreachable = false;
    until_runs(3);
    until_caught_up();
    expect_exactly_once(3);
}

TEST_F(RequestTrouble, AResultThatCannotBeStoredIsRecordedAsErrored) {
    database().run("alter table pipeline_runs add constraint refuse check (outputs::text not like '%666%')");
    const auto poisoned = create(direct_job("poisoned", 102));
    auto answers = poisoned;
    answers.observation_source = "a [type=multiply input=333 times=2]";
    catalog().put(compile(answers));
    start();
    chain().emit(request(poisoned, 1));
    ask(2);
    chain().mine();
    until_runs(2);
    EXPECT_EQ(count("pipeline_runs where state = 'errored' and fatal_errors ->> 0 like 'the result cannot be "
                    "stored%'"),
              1);
    EXPECT_EQ(broadcasts(), "2 consumed, 0 not");
    EXPECT_FALSE(failure()) << "and nobody else is harmed";
}

TEST_F(RequestTrouble, AJobThatComesLateFindsItsLatestRequests) {
    settings().block_backfill_depth = 5;
    start();
    auto late = direct_job("late", 102);
    chain().emit(request(late, 1));
    chain().mine(20);
    chain().emit(request(late, 2));
    chain().mine(3);
    until_caught_up();
    late = create(late);
    requests().job_created(late.id);
    until_runs(1);
    chain().emit(request(late, 3));
    chain().mine();
    until_runs(2);
    until_caught_up();
    settle();
    expect_exactly_once(2);
}

TEST_F(RequestTrouble, ADeletedJobsRequestsAreForgotten) {
    settings().min_incoming_confirmations = 3;
    start();
    ask(1);
    chain().mine();
    until_caught_up();
    run(store::delete_job(writer(), job().id));
    catalog().remove(job().id);
    requests().job_deleted(job().id);
    chain().mine(5);
    until_caught_up();
    settle();
    EXPECT_EQ(runs(), 0);
    EXPECT_FALSE(failure());
}

TEST_F(RequestTrouble, WhatIsNotTakenAnyMoreStaysForTheNextLeader) {
    start();
    until_caught_up();
    requests().stop_taking();
    ask(1);
    chain().mine();
    until_caught_up();
    EXPECT_TRUE(run(requests().drained(soon())));
    EXPECT_EQ(broadcasts(), "0 consumed, 1 not");
    stop();
    start();
    until_runs(1);
    expect_exactly_once(1);
}

TEST_F(RequestTrouble, EndsWhenAnotherInstanceLeads) {
    start();
    until_caught_up();
    lose_leadership();
    ask(1);
    chain().mine();
    until([&] { return failure() != nullptr; }, "it ends");
    EXPECT_THROW(std::rethrow_exception(failure()), pg::FenceRefused);
    EXPECT_EQ(runs() + count("log_broadcasts"), 0);
}

}  // namespace
}  // namespace baton::jobs

#include "baton/store/jobs.hpp"

#include "baton/pg/error.hpp"
#include "testing/product_world.hpp"

namespace baton::store {
namespace {

class Jobs : public test::ProductWorld {
  protected:
    std::optional<model::Job> find(std::int32_t id) { return run(find_job(pool(), id, soon())); }
    bool remove(std::int32_t id) { return run(delete_job(writer(), id)); }
    std::vector<model::Job> load(std::vector<std::string>* unreadable = nullptr) {
        return run(load_jobs(pool(), soon(), [unreadable](std::int32_t id, std::string reason) {
            if (unreadable) unreadable->push_back(std::to_string(id) + ": " + reason);
        }));
    }
};

TEST_F(Jobs, ADirectRequestJobReadsAsItWasStored) {
    auto wanted = direct_job("price");
    wanted.gas_limit = 4'000'000'000U;
    wanted.max_task_duration = std::chrono::seconds(90);
    wanted.forwarding_allowed = true;
    auto& spec = std::get<model::DirectRequestSpec>(wanted.spec);
    spec.min_incoming_confirmations = 10;
    spec.requesters = {address(7), address(8)};
    spec.min_contract_payment = BigInt("100000000000000000000");
    spec.evm_chain_id = chain_id();
    const auto created = stored(wanted);
    const auto read = find(created.id);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type(), "directrequest");
    EXPECT_EQ(read->external_job_id, wanted.external_job_id);
    EXPECT_EQ(read->name, "price");
    EXPECT_EQ(read->gas_limit, 4'000'000'000U);
    EXPECT_EQ(read->max_task_duration, std::chrono::seconds(90));
    EXPECT_TRUE(read->forwarding_allowed);
    EXPECT_EQ(read->observation_source, wanted.observation_source);
    EXPECT_EQ(read->pipeline_spec_id, created.pipeline_spec_id);
    EXPECT_EQ(read->created_at, created.created_at);
    EXPECT_EQ(read->row_version, created.row_version) << "what was cached at creation is still valid";
    const auto& got = std::get<model::DirectRequestSpec>(read->spec);
    EXPECT_EQ(got.id, std::get<model::DirectRequestSpec>(created.spec).id);
    EXPECT_EQ(got.contract_address, oracle());
    EXPECT_EQ(got.min_incoming_confirmations, 10U);
    EXPECT_EQ(got.requesters, spec.requesters);
    EXPECT_EQ(got.min_contract_payment, spec.min_contract_payment);
    EXPECT_EQ(got.evm_chain_id, chain_id());
}

TEST_F(Jobs, WhatV1CannotReadAsNullIsNotNull) {
    stored(direct_job());
    EXPECT_EQ(database().value("select requesters = '' from direct_request_specs"), "t");
    EXPECT_EQ(database().value("select max_task_duration from jobs"), "0");
    EXPECT_EQ(database().value(
                  "select min_contract_payment is null and evm_chain_id is null from direct_request_specs"),
              "t");
}

TEST_F(Jobs, RequestersAreStoredWithChecksum) {
    auto wanted = direct_job();
    std::get<model::DirectRequestSpec>(wanted.spec).requesters = {
        *parse_address("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")};
    stored(wanted);
    EXPECT_EQ(database().value("select requesters from direct_request_specs"),
              "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
}

TEST_F(Jobs, AWebhookJobKeepsItsInitiators) {
    database().run(
        "insert into external_initiators (created_at, updated_at, name, access_key, salt, hashed_secret, "
        "outgoing_secret, outgoing_token) values (now(), now(), 'starter', 'k', 's', 'h', 'o', 't')");
    auto wanted = webhook_job();
    std::get<model::WebhookSpec>(wanted.spec).external_initiators = {{"Starter", R"({"a": 1})"}};
    const auto created = stored(wanted);
    const auto read = find(created.id);
    ASSERT_TRUE(read);
    const auto& initiators = std::get<model::WebhookSpec>(read->spec).external_initiators;
    ASSERT_EQ(initiators.size(), 1U);
    EXPECT_EQ(initiators[0].name, "starter");
    EXPECT_EQ(initiators[0].spec, R"({"a": 1})");
}

TEST_F(Jobs, AnUnknownInitiatorStoresNothing) {
    auto wanted = webhook_job();
    std::get<model::WebhookSpec>(wanted.spec).external_initiators = {{"nobody", "{}"}};
    EXPECT_THROW(stored(wanted), InvalidInput);
    EXPECT_EQ(count("jobs") + count("webhook_specs") + count("external_initiator_webhook_specs"), 0);
}

TEST_F(Jobs, NameAndExternalIdAreUnique) {
    stored(webhook_job("one", 1));
    try {
        stored(webhook_job("one", 2));
        FAIL() << "a name was given twice";
    } catch (const pg::UniqueViolation& error) {
        EXPECT_EQ(error.constraint(), "idx_jobs_name");
    }
    try {
        stored(webhook_job("two", 1));
        FAIL() << "an external id was given twice";
    } catch (const pg::UniqueViolation& error) {
        EXPECT_EQ(error.constraint(), "external_job_id_uniq");
    }
    EXPECT_EQ(count("webhook_specs"), 1) << "a refused job leaves no specification behind";
    stored(webhook_job("", 3));
    stored(webhook_job("", 4));
    EXPECT_EQ(count("jobs where name is null"), 2) << "any number of jobs has no name";
}

TEST_F(Jobs, JobsComeNewestFirstInPages) {
    const auto first = stored(webhook_job("a", 1));
    const auto second = stored(webhook_job("b", 2));
    const auto third = stored(direct_job("c", 3));
    // Created at different times, whatever the clock's resolution.
    database().run("update jobs set created_at = created_at + id * interval '1 s'");
    const auto all = load();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].id, third.id);
    EXPECT_EQ(all[2].id, first.id);
    const auto page = run(list_jobs(pool(), 1, 1, soon()));
    EXPECT_EQ(page.count, 3);
    ASSERT_EQ(page.jobs.size(), 1U);
    EXPECT_EQ(page.jobs[0].id, second.id);
    EXPECT_EQ(run(list_jobs(pool(), 5, 10, soon())).count, 3) << "also beyond the end";
}

TEST_F(Jobs, AJobIsFoundByItsExternalId) {
    const auto created = stored(webhook_job("hook", 9));
    const auto read = run(find_job(pool(), uuid(9), soon()));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, created.id);
    EXPECT_FALSE(run(find_job(pool(), uuid(10), soon())));
    EXPECT_FALSE(find(created.id + 1));
}

TEST_F(Jobs, AnUnreadableJobDoesNotStopTheOthers) {
    const auto good = stored(webhook_job("good", 1));
    const auto bad = stored(direct_job("bad", 2));
    database().run("update direct_request_specs set requesters = '0x12,zzz'");
    std::vector<std::string> unreadable;
    const auto jobs = load(&unreadable);
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].id, good.id);
    ASSERT_EQ(unreadable.size(), 1U);
    EXPECT_EQ(unreadable[0], std::to_string(bad.id) + ": requester \"0x12\" is no address");
}

TEST_F(Jobs, AnUnreadableJobDoesNotStopTheListEither) {
    stored(webhook_job("good", 1));
    stored(direct_job("bad", 2));
    database().run("update direct_request_specs set requesters = 'zzz'");
    const auto page = run(list_jobs(pool(), 0, 10, soon()));
    EXPECT_EQ(page.jobs.size(), 1U);
    EXPECT_EQ(page.count, 2);
}

TEST_F(Jobs, AJobOfAnotherKindIsShownUnderItsType) {
    database().run(
        "with s as (insert into cron_specs (cron_schedule, created_at, updated_at) values ('CRON_TZ=UTC * * "
        "* * *', "
        "now(), now()) returning id), p as (insert into pipeline_specs (dot_dag_source, created_at) values "
        "('', "
        "now()) returning id) insert into jobs (pipeline_spec_id, schema_version, type, cron_spec_id, "
        "external_job_id, created_at) select p.id, 1, 'cron', s.id, gen_random_uuid(), now() from s, p");
    const auto jobs = load();
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].type(), "cron");
    EXPECT_EQ(jobs[0].name, "");
    EXPECT_THROW(stored(jobs[0]), InvalidInput) << "this version does not create them";
    EXPECT_TRUE(remove(jobs[0].id));
    EXPECT_EQ(count("cron_specs") + count("pipeline_specs"), 0);
}

TEST_F(Jobs, ADeletedJobTakesItsRowsAlongButNotItsTransactions) {
    const auto kept = stored(webhook_job("kept", 1));
    const auto gone = stored(direct_job("gone", 2));
    database().run(
        "insert into pipeline_runs (pipeline_spec_id, created_at, finished_at, state, outputs) select "
        "pipeline_spec_id, now(), now(), 'completed', '[]' from jobs");
    database().run(
        "insert into pipeline_task_runs (pipeline_run_id, type, created_at, dot_id, id) select id, "
        "'multiply', "
        "now(), 'x', gen_random_uuid() from pipeline_runs");
    database().run(
        "insert into eth_txes (from_address, to_address, encoded_payload, value, gas_limit, created_at, "
        "evm_chain_id) values (" +
        literal(sender().view()) + ", " + literal(oracle().view()) + ", '', 0, 1, now(), 1337)");
    add_broadcast(gone, 5);
    run(record_job_error(writer(), gone.id, "broken"));
    run(record_job_error(writer(), kept.id, "broken"));
    EXPECT_TRUE(remove(gone.id));
    EXPECT_EQ(count("jobs"), 1);
    EXPECT_EQ(count("pipeline_specs"), 1);
    EXPECT_EQ(count("pipeline_runs"), 1);
    EXPECT_EQ(count("pipeline_task_runs"), 1);
    EXPECT_EQ(count("log_broadcasts"), 0);
    EXPECT_EQ(count("direct_request_specs"), 0);
    EXPECT_EQ(count("job_spec_errors"), 1);
    EXPECT_EQ(count("eth_txes"), 1);
    EXPECT_FALSE(remove(gone.id)) << "there is no such job any more";
}

TEST_F(Jobs, AJobOfTheFeedsManagerIsNotDeleted) {
    const auto job = stored(webhook_job());
    database().run(
        "insert into feeds_managers (name, uri, public_key, created_at, updated_at) values ('m', 'u', '\\x" +
        std::string(64, '0') + "', now(), now())");
    database().run(
        "insert into job_proposals (remote_uuid, status, external_job_id, feeds_manager_id, created_at, "
        "updated_at) select gen_random_uuid(), 'approved', '" +
        job.external_job_id.to_string() + "', id, now(), now() from feeds_managers");
    EXPECT_THROW(remove(job.id), pg::ForeignKeyViolation);
    EXPECT_EQ(count("jobs"), 1);
}

TEST_F(Jobs, ARepeatedErrorIsCounted) {
    const auto job = stored(webhook_job());
    run(record_job_error(writer(), job.id, "no answer"));
    run(record_job_error(writer(), job.id, "no answer"));
    run(record_job_error(writer(), job.id, "other"));
    run(record_job_error(writer(), job.id + 1, "of a job that was deleted"));
    const auto read = find(job.id);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->errors.size(), 2U);
    EXPECT_EQ(read->errors[0].description, "no answer");
    EXPECT_EQ(read->errors[0].occurrences, 2);
    EXPECT_EQ(read->errors[1].occurrences, 1);
}

TEST_F(Jobs, NobodyWritesJobsWhoDoesNotLead) {
    const auto job = stored(webhook_job());
    lose_leadership();
    EXPECT_THROW(stored(webhook_job("late", 2)), pg::FenceRefused);
    EXPECT_THROW(remove(job.id), pg::FenceRefused);
    EXPECT_EQ(count("jobs"), 1);
}

}  // namespace
}  // namespace baton::store

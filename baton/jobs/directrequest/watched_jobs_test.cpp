#include "baton/jobs/directrequest/watched_jobs.hpp"

#include <gtest/gtest.h>

namespace baton::jobs {
namespace {

Address contract(std::uint8_t number) {
    Address made;
    made.bytes[0] = number;
    return made;
}
WatchedJobs::Watched watched(std::int32_t id, std::uint8_t at, std::uint32_t confirmations = 1) {
    model::Job job;
    job.id = id;
    job.external_job_id.bytes[0] = static_cast<std::uint8_t>(id);
    job.observation_source = "a [type=multiply input=1 times=2]";
    WatchedJobs::Watched one;
    one.topics = job_topics(job.external_job_id);
    one.job = compile(std::move(job));
    one.contract = contract(at);
    one.confirmations = confirmations;
    return one;
}
model::Log request(const Hash& topic, std::uint8_t at) {
    model::Log log;
    log.address = contract(at);
    log.topics = {oracle_request_topic(), topic};
    return log;
}

TEST(WatchedJobs, ALogIsItsContractsJobsInBothForms) {
    WatchedJobs jobs;
    jobs.put(watched(1, 7));
    jobs.put(watched(2, 7));
    const auto topics = watched(1, 7).topics;
    for (const auto& topic : {topics.bytes_form, topics.text_form}) {
        const auto found = jobs.of(request(topic, 7));
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found[0]->job->job.id, 1);
        EXPECT_TRUE(jobs.of(request(topic, 8)).empty()) << "another contract";
    }
    auto other_event = request(topics.text_form, 7);
    other_event.topics[0] = Hash{};
    EXPECT_TRUE(jobs.of(other_event).empty());
    EXPECT_TRUE(jobs.of(model::Log{}).empty());
}

TEST(WatchedJobs, ContractsAndConfirmationsFollowTheJobs) {
    WatchedJobs jobs;
    EXPECT_TRUE(jobs.contracts().empty());
    jobs.put(watched(1, 7));
    jobs.put(watched(2, 7, 9));
    jobs.put(watched(3, 8));
    EXPECT_EQ(jobs.contracts(), (std::vector<Address>{contract(7), contract(8)}));
    EXPECT_EQ(jobs.most_confirmations(), 9U);
    EXPECT_EQ(jobs.ids(), (std::vector<std::int32_t>{1, 2, 3}));
    jobs.put(watched(3, 7));
    jobs.remove(2);
    EXPECT_EQ(jobs.contracts(), std::vector<Address>{contract(7)})
        << "a job that is put again replaces itself";
    EXPECT_EQ(jobs.most_confirmations(), 1U);
    EXPECT_FALSE(jobs.find(2));
    EXPECT_TRUE(jobs.of(request(watched(2, 7).topics.text_form, 7)).empty());
}

}  // namespace
}  // namespace baton::jobs

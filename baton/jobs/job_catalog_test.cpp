#include "baton/jobs/job_catalog.hpp"

#include "baton/base/error.hpp"

#include <gtest/gtest.h>

namespace baton::jobs {
namespace {

model::Job job(std::int32_t id, const std::string& row_version = "1") {
    model::Job made;
    made.id = id;
    made.external_job_id.bytes[0] = static_cast<std::uint8_t>(id);
    made.pipeline_spec_id = 100 + id;
    made.observation_source = "a [type=multiply input=1 times=2]";
    made.row_version = row_version;
    return made;
}
void ignore(std::int32_t, std::string) {}

TEST(JobCatalog, FindsAJobByEachOfItsIds) {
    JobCatalog catalog;
    catalog.put(compile(job(1)));
    ASSERT_TRUE(catalog.by_id(1));
    EXPECT_EQ(catalog.by_external_id(job(1).external_job_id), catalog.by_id(1));
    EXPECT_EQ(catalog.by_pipeline_spec(101), catalog.by_id(1));
    EXPECT_FALSE(catalog.by_id(2) || catalog.by_external_id(job(2).external_job_id) ||
                 catalog.by_pipeline_spec(102));
    catalog.remove(2);
    catalog.remove(1);
    EXPECT_FALSE(catalog.by_id(1) || catalog.by_external_id(job(1).external_job_id) ||
                 catalog.by_pipeline_spec(101));
    EXPECT_TRUE(catalog.all().empty());
}

TEST(JobCatalog, AJobThatIsPutAgainReplacesItself) {
    JobCatalog catalog;
    catalog.put(compile(job(1)));
    auto changed = job(1);
    changed.external_job_id = job(7).external_job_id;
    catalog.put(compile(changed));
    EXPECT_FALSE(catalog.by_external_id(job(1).external_job_id));
    EXPECT_TRUE(catalog.by_external_id(job(7).external_job_id));
    EXPECT_EQ(catalog.all().size(), 1U);
}

TEST(JobCatalog, WhatIsCompiledFromTheSameRowIsKept) {
    JobCatalog catalog;
    catalog.replace_all({job(1), job(2), job(3)}, ignore);
    const auto first = catalog.by_id(1), second = catalog.by_id(2);
    catalog.replace_all({job(1), job(2, "9")}, ignore);
    EXPECT_EQ(catalog.by_id(1), first);
    EXPECT_NE(catalog.by_id(2), second) << "a restored or re-created row is another job";
    EXPECT_FALSE(catalog.by_id(3));
    EXPECT_FALSE(catalog.by_pipeline_spec(103));
}

TEST(JobCatalog, ABrokenGraphIsLeftOutAndTold) {
    JobCatalog catalog;
    auto broken = job(2);
    broken.observation_source = "a [type=";
    std::vector<std::int32_t> told;
    catalog.replace_all({job(1), broken}, [&](std::int32_t id, std::string reason) {
        told.push_back(id);
        EXPECT_FALSE(reason.empty());
    });
    EXPECT_EQ(told, std::vector<std::int32_t>{2});
    EXPECT_TRUE(catalog.by_id(1));
    EXPECT_FALSE(catalog.by_id(2));
    EXPECT_THROW(compile(broken), InvalidInput);
}

TEST(JobCatalog, AJobInUseOutlivesItsRemoval) {
    JobCatalog catalog;
    catalog.put(compile(job(1)));
    const auto used = catalog.by_id(1);
    catalog.replace_all({}, ignore);
    EXPECT_EQ(used->job.id, 1);
    EXPECT_TRUE(used->graph);
}

}  // namespace
}  // namespace baton::jobs

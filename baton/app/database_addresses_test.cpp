#include "baton/app/database_addresses.hpp"

#include "baton/async/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::set<std::string> addresses_of(const std::string& url) {
    async::Loop loop;
    return loop.run_until_done(database_addresses(pg::DatabaseUrl::parse(Secret(url)),
                                                  async::Deadline::after(std::chrono::seconds(1))));
}

TEST(DatabaseAddresses, OfEveryHostInTheFormThatRequestsAreComparedIn) {
    EXPECT_THAT(addresses_of("postgresql://chainlink@203.0.113.7,[2001:db8:0:0::7]:5433/chainlink"),
                ElementsAre("2001:db8::7", "203.0.113.7"));
    EXPECT_THAT(addresses_of("postgresql://chainlink@db.invalid/chainlink?hostaddr=203.0.113.8"),
                ElementsAre("203.0.113.8"));
    EXPECT_THAT(addresses_of("postgresql://chainlink@localhost/chainlink"), ::testing::Contains("127.0.0.1"));
}

TEST(DatabaseAddresses, ASocketAndANameThatNobodyKnowsHaveNone) {
    EXPECT_THAT(addresses_of("postgresql:///chainlink?host=/var/run/postgresql"), IsEmpty());
    EXPECT_THAT(addresses_of("postgresql://chainlink@db.invalid/chainlink"), IsEmpty());
}

}  // namespace
}  // namespace baton::app

#include "baton/lease/lock_session.hpp"

#include "baton/lease/lease_testing.hpp"

#include <gtest/gtest.h>

namespace baton::lease {
namespace {

using namespace std::chrono_literals;

class LockSessionTest : public LeaseTest {};

TEST_F(LockSessionTest, TheServersLimitsAreTheLeaseDurationAndOnlyThoseOfTheNetworkTheSuspicionTime) {
    LockSession session(loop().executor(), "watch");
    run(session.open(database().session_options(), {10s, 2s}, patience()));
    const auto setting = [&](const std::string& name) {
        const auto rows = run(session.query("select current_setting('" + name + "')", 10s));
        return rows[0].str(0);
    };
    // A database that stalls for longer than F would end the sessions of a leader that lives.
    EXPECT_EQ(setting("idle_session_timeout"), "10s");
    EXPECT_EQ(setting("idle_in_transaction_session_timeout"), "10s");
    EXPECT_EQ(setting("statement_timeout"), "0") << "a wait for a lock takes as long as it takes";
}

}  // namespace
}  // namespace baton::lease

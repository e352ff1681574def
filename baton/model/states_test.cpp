#include "baton/base/error.hpp"
#include "baton/model/run.hpp"
#include "baton/model/transaction.hpp"
#include "baton/model/user.hpp"

#include <gtest/gtest.h>

namespace baton::model {
namespace {

// reference/schema.md section 9: the texts are those of the database's enums.
TEST(States, HaveTheNamesOfTheDatabase) {
    for (const auto* name : {"running", "suspended", "errored", "completed"})
        EXPECT_EQ(to_string(parse_run_state(name)), name);
    for (const auto* name :
         {"unstarted", "in_progress", "fatal_error", "unconfirmed", "confirmed_missing_receipt", "confirmed"})
        EXPECT_EQ(to_string(parse_tx_state(name)), name);
    for (const auto* name : {"in_progress", "insufficient_eth", "broadcast"})
        EXPECT_EQ(to_string(parse_attempt_state(name)), name);
    for (const auto* name : {"admin", "edit", "run", "view"})
        EXPECT_EQ(to_string(parse_role(name)), name);
}

TEST(States, UnknownNamesAreRefused) {
    EXPECT_THROW(parse_run_state("Running"), Error);
    EXPECT_THROW(parse_tx_state(""), Error);
    EXPECT_THROW(parse_attempt_state("confirmed"), Error);
    EXPECT_THROW(parse_role("root"), Error);
}

TEST(States, RolesAreOrdered) {
    EXPECT_LT(Role::view, Role::run);
    EXPECT_LT(Role::run, Role::edit);
    EXPECT_LT(Role::edit, Role::admin);
}

}  // namespace
}  // namespace baton::model

#include "baton/base/unreadable.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(WhyUnreadable, NamesTheFileAndTheReasonAsGoDoes) {
    EXPECT_EQ(why_unreadable("/no/such/file"), "open /no/such/file: no such file or directory");
    EXPECT_EQ(why_unreadable("/dev/null/x"), "open /dev/null/x: not a directory");
    EXPECT_EQ(why_unreadable("/"), "read /: is a directory");
}

}  // namespace
}  // namespace baton

#include "baton/pipeline/graph.hpp"

#include "baton/pipeline/catalogue.hpp"

#include <gtest/gtest.h>

namespace baton::pipeline {

TEST(Graph, ReportsAllFaultyAttributesTogether) {
    try {
        const Graph graph("a [type=memo timeout=10 retries=\"\" index=x failEarly=maybe]");
        FAIL() << "parsed";
    } catch (const InvalidInput& error) {
        EXPECT_STREQ(
            error.what(),
            "UnmarshalTaskFromMap: 4 error(s) decoding:\n"
            "\n* cannot parse 'failEarly' as bool: strconv.ParseBool: parsing \"maybe\": invalid syntax"
            "\n* cannot parse 'index' as int: strconv.ParseInt: parsing \"x\": invalid syntax"
            "\n* error decoding 'retries': strconv.ParseUint: parsing \"\": invalid syntax"
            "\n* error decoding 'timeout': time: missing unit in duration \"10\"");
    }
}

TEST(Graph, AFieldsExactNameWinsOverAnotherCase) {
    const Graph graph("a [type=multiply input=1 Input=2 times=3]");
    EXPECT_EQ(graph.tasks()[0].attribute("input")->text, "2");
}

TEST(Graph, NamesOfBridges) {
    const Graph graph("a [type=bridge name=one]; b [type=bridge]; c [type=memo]");
    EXPECT_EQ(bridge_names(graph), (std::vector<std::string>{"one", ""}));
    EXPECT_EQ(task_names(graph), (std::vector<std::string>{"a bridge", "b bridge", "c memo"}));
}

TEST(Catalogue, KnowsWhatItCannotRun) {
    EXPECT_TRUE(is_supported("ethtx"));
    EXPECT_TRUE(is_supported("HTTP"));
    EXPECT_TRUE(is_supported("vrf"));
    EXPECT_FALSE(is_supported("nothing"));
    EXPECT_NE(find_task_type("vrf"), nullptr);
    EXPECT_EQ(unsupported_text("vrf"), "task type \"vrf\" is not supported by this version of Baton");
}

}  // namespace baton::pipeline

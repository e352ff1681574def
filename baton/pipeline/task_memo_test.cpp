#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

TEST(Memo, WrapsWhatIsWrittenAsJson) {
    EXPECT_EQ(run("memo value=10"), "object decimal 10");
    EXPECT_EQ(run("memo value=\"1.50\""), "object decimal 1.5");
    EXPECT_EQ(run(R"(memo value="\"x\"")"), "object string x");
    EXPECT_EQ(run("memo value=null"), "object null");
    EXPECT_EQ(run("memo value=true"), "object bool true");
    EXPECT_EQ(run(R"(memo value=<[1, 2, "3"]>)"), "object [int64 1, int64 2, string 3]");
    EXPECT_EQ(run("memo value=\"1 2\""), "object decimal 1") << "the first value counts";
    EXPECT_EQ(run("memo value=abc"),
              "error: value: while unmarshalling JSON: invalid character 'a' looking for beginning of value; "
              "js: abc: bad input for task");
}

TEST(Memo, AVariableIsReplacedInsideOfJsonOnly) {
    const codec::Map vars{{"x", Bytes{1, 0xff}}, {"bad", ErrorValue{"boom"}}};
    EXPECT_EQ(run(R"g(memo value=<{"a": $(x)}>)g", {}, vars), "object {a: bytes 0x01ff}");
    EXPECT_EQ(run(R"g(memo value="$(x)")g", {}, vars), "object {__chainlink_key_path__: string x}");
    EXPECT_EQ(run(R"g(memo value="$(y)")g", {}, vars),
              "error: value: key y (segment 0 in keypath y): keypath not found");
    EXPECT_EQ(run(R"g(memo value="$(bad)")g", {}, vars),
              "error: value: error is not allowed: boom: bad input for task");
}

TEST(Memo, WrapsItsInput) {
    EXPECT_EQ(run("memo value=\" \"", {std::int64_t{17}}), "object decimal 17");
    EXPECT_EQ(run("memo", {-17.3}), "object decimal -17.3");
    EXPECT_EQ(run("memo", {"abc"}), "object string abc");
    EXPECT_EQ(run("memo", {Value::memo(Value::map({{"a", "b"}}))}), "object {a: string b}");
    EXPECT_EQ(run("memo", {Value::memo(Value::list({"a"}))}), "object null") << "a list is lost on the way";
    EXPECT_EQ(run("memo", {Bytes{1}}), "error: value: bad input for task: []uint8");
    EXPECT_EQ(run("memo", {Address{}}), "error: value: bad input for task: common.Address");
}

TEST(Memo, HasWordsOfItsOwnForItsInputs) {
    EXPECT_EQ(run("memo"), "error: value: index out of range");
    EXPECT_EQ(run("memo", {true, true}),
              "error: task value missing: min: 0 max: 1 (got 2): wrong number of task inputs");
    EXPECT_EQ(run("memo value=1", {ErrorValue{"boom"}}), "error: task value missing: too many errors");
}

}  // namespace baton::pipeline::testing

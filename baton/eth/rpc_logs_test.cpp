#include "baton/eth/rpc_testing.hpp"

namespace baton::eth {
namespace {

class RpcLogs : public RpcFixture {};

class LogsTest : public EachWayFixture {
  protected:
    static Address contract(std::uint8_t which) {
        Address address;
        address.bytes[19] = which;
        return address;
    }
    static Hash topic(std::uint8_t which) {
        Hash hash;
        hash.bytes[0] = which;
        return hash;
    }
    /// One block with one log of contract 1 and topic 1 in each of the blocks 1 to `count`.
    void mine_logs(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            node.mine();
            model::Log log;
            log.address = contract(1);
            log.topics = {topic(1)};
            node.add_log(log);
        }
    }
    std::vector<std::uint64_t> blocks_of(std::uint64_t from, std::uint64_t to) {
        RpcClient::LogQuery query;
        query.from_block = from;
        query.to_block = to;
        query.addresses = {contract(1)};
        query.topics = {topic(1)};
        std::vector<std::uint64_t> blocks;
        for (const auto& log : loop.run_until_done(client->logs(query, soon())))
            blocks.push_back(log.block_number);
        return blocks;
    }
};
INSTANTIATE_TEST_SUITE_P(Ways, LogsTest, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Http" : "WebSocket"; });

TEST_P(LogsTest, GivesWhatWasAskedForAndNothingElse) {
    mine_logs(5);
    model::Log other;
    other.address = contract(2);
    other.topics = {topic(1)};
    node.add_log(other);
    other.address = contract(1);
    other.topics = {topic(2)};
    node.add_log(other);
    other.topics = {};
    node.add_log(other);
    start({endpoint()});
    EXPECT_EQ(blocks_of(2, 5), (std::vector<std::uint64_t>{2, 3, 4, 5}));
    EXPECT_EQ(blocks_of(3, 2), std::vector<std::uint64_t>());
    EXPECT_TRUE(loop.run_until_done(client->logs({}, soon())).empty());
}

TEST_P(LogsTest, HalvesRangesUntilTheyAreAccepted) {
    mine_logs(20);
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getLogs") return std::nullopt;
        const auto bound = [&params](const char* name) {
            return parse_quantity(*codec::at(params, {"0", name})->text_or_null()).value();
        };
        if (bound("toBlock") - bound("fromBlock") < 3) return std::nullopt;
        return RpcNode::Reply{R"({"code":-32005,"message":"query returned more than 3 results"})", true};
    });
    start({endpoint()});
    const auto blocks = blocks_of(1, 20);
    ASSERT_EQ(blocks.size(), 20u);
    EXPECT_TRUE(std::is_sorted(blocks.begin(), blocks.end()));
}

TEST_P(LogsTest, ARefusalForOneBlockIsAnError) {
    mine_logs(64);
    node.answer([](const std::string& method, const codec::Value&) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getLogs") return std::nullopt;
        return RpcNode::Reply{R"({"code":-32000,"message":"unauthorized"})", true};
    });
    start({endpoint()});
    EXPECT_THROW(blocks_of(1, 64), TransportError);
    EXPECT_EQ(node.asked("eth_getLogs"), 7u) << "not one question per block";
}

TEST_P(LogsTest, AnEndpointThatLagsIsNotBelieved) {
    mine_logs(5);
    start({endpoint()});
    try {
        blocks_of(1, 6);
        FAIL() << "it cannot know whether there are logs in block 6";
    } catch (const TransportError& error) {
        EXPECT_STREQ(error.what(), "eth_getLogs: the endpoint is at block 5 and does not know block 6 yet");
    }
}

TEST_P(LogsTest, NonsenseIsAnError) {
    mine_logs(5);
    start({endpoint()});
    for (const char* json : {"null", "{}", "[17]", R"([{"address":"0x01"}])"}) {
        node.answer([json](const std::string& method, const codec::Value&) -> std::optional<RpcNode::Reply> {
            if (method != "eth_getLogs") return std::nullopt;
            return RpcNode::Reply{json};
        });
        EXPECT_THROW(blocks_of(1, 5), TransportError) << json;
    }
}

TEST_F(RpcLogs, AnswersThatAreTooLargeAreHalvedToo) {
    for (int i = 0; i < 4; ++i)
        node.mine();
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getLogs") return std::nullopt;
        const bool one = *codec::at(params, {"0", "fromBlock"})->text_or_null() ==
                         *codec::at(params, {"0", "toBlock"})->text_or_null();
        return RpcNode::Reply{one ? "[]" : "[\"" + std::string(std::size_t{33} << 20, 'x') + "\"]"};
    });
    start({by_both(node)});
    RpcClient::LogQuery query;
    query.from_block = 1;
    query.to_block = 4;
    query.addresses = {Address{}};
    // A hundred megabytes, which take their time where every access is checked.
    const auto long_enough = async::Deadline::after(std::chrono::minutes(1));
    EXPECT_TRUE(loop.run_until_done(client->logs(query, long_enough)).empty());
    EXPECT_EQ(node.asked("eth_getLogs"), 7u);
}

}  // namespace
}  // namespace baton::eth

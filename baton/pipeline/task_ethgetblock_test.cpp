#include "baton/pipeline/chain_testing.hpp"
#include "baton/pipeline/wei_text.hpp"

namespace baton::pipeline::testing {

namespace {

model::Head head_12() {
    model::Head head;
    head.number = 12;
    std::uint8_t byte = 0;
    for (Hash* hash :
         {&head.hash, &head.parent_hash, &head.receipts_root, &head.transactions_root, &head.state_root})
        hash->bytes.fill(++byte);
    head.timestamp = WallTime(std::chrono::seconds(1'600'000'000));
    head.base_fee_per_gas = 1'500'000'000;
    return head;
}
std::string hash_of(int digit) {
    std::string text = "0x";
    for (int i = 0; i < 32; ++i)
        text += "0" + std::to_string(digit);
    return text;
}

}  // namespace

TEST_F(ChainTest, TheLatestBlockIsThatOfTheHeads) {
    chain.head = head_12();
    const RunOutcome outcome =
        execute("b [type=ethgetblock]; n [type=multiply input=\"$(b.number)\" times=2]");
    EXPECT_EQ(outcome.run.outputs, R"(["24"])");
    EXPECT_EQ(row(outcome.run, "b").output,
              R"({"baseFeePerGas":"1.5 gwei","hash":")" + hash_of(1) + R"(","number":12,"parentHash":")" +
                  hash_of(2) + R"(","receiptsRoot":")" + hash_of(3) + R"(","stateRoot":")" + hash_of(5) +
                  R"(","timestamp":"2020-09-13T12:26:40Z","transactionsRoot":")" + hash_of(4) + "\"}");
    const std::string kinds = ask("ethgetblock", {"1", "2"});
    for (const std::string member : {"number: int64 12", "hash: hash 0x", "timestamp: time "})
        EXPECT_NE(kinds.find(member), std::string::npos) << kinds;
}

TEST_F(ChainTest, ABlockOfAChainWithoutFeeMarketHasNoBaseFee) {
    model::Head head = head_12();
    head.base_fee_per_gas.reset();
    chain.head = head;
    EXPECT_TRUE(ask("ethgetblock").starts_with("{baseFeePerGas: null, "));
}

TEST_F(ChainTest, BlocksThatAreNotThere) {
    chain.head = fault("silence");
    EXPECT_EQ(ask("ethgetblock"), "error: the endpoint said: silence");
    EXPECT_EQ(ask("ethgetblock evmChainID=7"), "error: chain not found with id 7");
    EXPECT_EQ(ask(R"g(ethgetblock evmChainID="$(id)")g", {}, {{"id", "x1"}}),
              "error: invalid EVM chain ID: x1");
    EXPECT_EQ(ask("ethgetblock", {ErrorValue{"boom"}}), "error: task inputs: too many errors");
}

TEST(WeiText, IsInTheLargestUnitThatFits) {
    for (const auto& [wei, text] : {std::pair{"0", "0"},
                                    {"7", "7 wei"},
                                    {"999", "999 wei"},
                                    {"1000", "1 kwei"},
                                    {"1500000000", "1.5 gwei"},
                                    {"999999999999", "999.999999999 gwei"},
                                    {"1000000000000", "1 micro"},
                                    {"1000000000000000000", "1 ether"},
                                    {"1000000000000000000000", "1 kether"},
                                    {"1230000000000000000000000000000000", "1230 tether"}}) {
        EXPECT_EQ(wei_text(BigInt(wei)), text);
    }
}

}  // namespace baton::pipeline::testing

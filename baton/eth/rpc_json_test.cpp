#include "baton/eth/rpc_json.hpp"

#include "baton/codec/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::eth {
namespace {

using codec::read_json;

std::string filled(char digit, std::size_t bytes) {
    return "0x" + std::string(2 * bytes, digit);
}

const std::string block =
    R"({"number":"0x10","hash":")" + filled('a', 32) + R"(","parentHash":")" + filled('b', 32) +
    R"(","timestamp":"0x5f5e1000","baseFeePerGas":"0x3b9aca00","l1BlockNumber":"0x7","stateRoot":")" +
    filled('c', 32) + R"("})";
const std::string event = R"({"address":")" + filled('1', 20) + R"(","topics":[")" + filled('2', 32) +
                          R"("],"data":"0x0102","blockNumber":"0x10","blockHash":")" + filled('a', 32) +
                          R"(","transactionHash":")" + filled('3', 32) +
                          R"(","transactionIndex":"0x1","logIndex":"0x2"})";

std::string with(std::string json, const std::string& member, const std::string& value) {
    auto parsed = read_json(json);
    auto members = *parsed.map_or_null();
    if (value.empty()) {
        members.erase(member);
    } else {
        members[member] = read_json(value);
    }
    return codec::write_json(codec::Value::map(std::move(members)));
}

TEST(RpcJson, WritesRequests) {
    RpcCall call;
    call.method = "eth_\"call\"";
    call.params = "[1]";
    EXPECT_EQ(request_text(call, 7), R"({"jsonrpc":"2.0","id":7,"method":"eth_\"call\"","params":[1]})");
    EXPECT_EQ(batch_text({call, call}, 8), "[" + request_text(call, 8) + "," + request_text(call, 9) + "]");
    EXPECT_EQ(quantity_text(0), "\"0x0\"");
    EXPECT_EQ(quantity_text(UINT64_MAX), "\"0xffffffffffffffff\"");
}

TEST(RpcJson, ReadsAnswers) {
    EXPECT_TRUE(std::get<codec::Value>(read_answer(read_json(R"({"id":1,"result":null})"))).is_null());
    const auto error = std::get<RpcError>(read_answer(
        read_json(R"({"id":1,"error":{"code":-32000,"message":"m","data":{"a":1}},"result":null})")));
    EXPECT_EQ(error.code, -32000);
    EXPECT_EQ(error.message, "m");
    EXPECT_EQ(error.data, R"({"a":1})");
    EXPECT_EQ(std::get<RpcError>(read_answer(read_json(R"({"error":{"data":"0x08"}})"))).data, "0x08");
    for (const char* nonsense : {"[]", "17", "{}", "null", R"({"id":1})"}) {
        EXPECT_THROW(read_answer(read_json(nonsense)), Error) << nonsense;
    }
}

TEST(RpcJson, ReadsBatchesInTheOrderOfTheCalls) {
    const auto answers = read_batch(
        read_json(
            R"([{"id":6,"result":"six"},{"id":99,"result":0},{"id":5,"error":{"message":"five"}},{"id":"x"},7])"),
        5, 2);
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(std::get<RpcError>(answers[0]).message, "five");
    EXPECT_EQ(*std::get<codec::Value>(answers[1]).text_or_null(), "six");
    const auto refused = read_batch(read_json(R"({"id":null,"error":{"message":"too many"}})"), 1, 3);
    ASSERT_EQ(refused.size(), 3u);
    EXPECT_EQ(std::get<RpcError>(refused[2]).message, "too many");
    EXPECT_THROW(read_batch(read_json(R"([{"id":1,"result":0}])"), 1, 2), Error) << "one is missing";
    EXPECT_THROW(read_batch(read_json("true"), 1, 2), Error);
    EXPECT_THROW(read_batch(read_json(R"({"id":1,"result":"0x01"})"), 1, 2), Error) << "one for all";
}

TEST(RpcJson, ReadsHeads) {
    const auto head = read_head(read_json(block));
    ASSERT_TRUE(head);
    EXPECT_EQ(head->number, 16u);
    EXPECT_EQ(to_0x(head->parent_hash.view()), filled('b', 32));
    EXPECT_EQ(head->timestamp, WallTime(std::chrono::seconds(1'600'000'000)));
    EXPECT_EQ(head->base_fee_per_gas, BigInt(1'000'000'000));
    EXPECT_EQ(head->l1_block_number, 7u);
    EXPECT_EQ(to_0x(head->state_root.view()), filled('c', 32));
    EXPECT_FALSE(read_head(read_json("null")));
    EXPECT_FALSE(read_head(read_json(with(block, "baseFeePerGas", "")))->base_fee_per_gas);
}

TEST(RpcJson, BelievesNoBrokenHead) {
    const std::pair<const char*, const char*> faults[] = {{"number", ""},
                                                          {"number", "null"},
                                                          {"number", "16"},
                                                          {"number", R"("16")"},
                                                          {"number", R"("0x")"},
                                                          {"number", R"("0x-1")"},
                                                          {"number", R"("0x1ffffffffffffffff")"},
                                                          {"hash", ""},
                                                          {"hash", R"("0xaa")"},
                                                          {"hash", "[]"},
                                                          {"parentHash", ""},
                                                          {"timestamp", ""},
                                                          {"timestamp", R"("0xffffffffffffffff")"},
                                                          {"baseFeePerGas", "{}"}};
    for (const auto& [member, value] : faults) {
        EXPECT_THROW(read_head(read_json(with(block, member, value))), Error) << member << " " << value;
    }
    EXPECT_THROW(read_head(read_json("[]")), Error);
    EXPECT_THROW(read_head(read_json("\"0x10\"")), Error);
}

TEST(RpcJson, ReadsLogs) {
    const auto log = read_log(read_json(event));
    EXPECT_EQ(log.block_number, 16u);
    EXPECT_EQ(log.log_index, 2u);
    EXPECT_EQ(log.tx_index, 1u);
    EXPECT_EQ(log.data, (Bytes{1, 2}));
    ASSERT_EQ(log.topics.size(), 1u);
    EXPECT_TRUE(read_log(read_json(with(event, "topics", "[]"))).topics.empty());
    EXPECT_TRUE(is_removed(read_json(with(event, "removed", "true"))));
    EXPECT_FALSE(is_removed(read_json(event)));
    const std::pair<const char*, const char*> faults[] = {
        {"address", ""},           {"address", R"("0x11")"}, {"topics", ""},
        {"topics", R"(["0x22"])"}, {"topics", "[7]"},        {"data", ""},
        {"data", R"("0x1")"},      {"data", R"("12")"},      {"blockNumber", "null"},
        {"blockHash", "null"},     {"logIndex", "2"},        {"transactionHash", ""}};
    for (const auto& [member, value] : faults) {
        EXPECT_THROW(read_log(read_json(with(event, member, value))), Error) << member << " " << value;
    }
}

TEST(RpcJson, ReadsReceipts) {
    const std::string text =
        R"({"transactionHash":")" + filled('3', 32) + R"(","blockHash":")" + filled('A', 32) +
        R"(","blockNumber":"0x10","transactionIndex":"0x1","status":"0x0","gasUsed":"0x5208",)" +
        R"("cumulativeGasUsed":"0x5208","contractAddress":null,"logsBloom":"0x00","logs":[)" + event +
        R"(],"effectiveGasPrice":"0x1","type":"0x0"})";
    const auto receipt = read_receipt(read_json(text));
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->block_number, 16u);
    EXPECT_EQ(receipt->status, 0u);
    const auto stored = read_json(receipt->json);
    EXPECT_EQ(codec::string_or(stored, "blockHash"), filled('a', 32));
    EXPECT_EQ(codec::string_or(stored, "contractAddress"), filled('0', 20));
    EXPECT_EQ(codec::string_or(*codec::at(stored, {"logs", "0"}), "logIndex"), "0x2");
    EXPECT_FALSE(codec::member(stored, "effectiveGasPrice")) << "v1.11.0 stores no such member";
    EXPECT_FALSE(read_receipt(read_json("null")));
    EXPECT_FALSE(read_receipt(read_json(with(text, "blockNumber", "null")))) << "pending";
    EXPECT_EQ(read_receipt(read_json(with(text, "status", "")))->status, 1u) << "before Byzantium";
    EXPECT_THROW(read_receipt(read_json(with(text, "transactionHash", ""))), Error);
}

TEST(RpcJson, ShowsUrlsWithoutTheirSecrets) {
    EXPECT_EQ(redacted_url("wss://user:secret@host:8546/v3/key?token=x"), "wss://host:8546/...");
    EXPECT_EQ(redacted_url("http://host/"), "http://host");
    EXPECT_EQ(redacted_url("http://host?token=x"), "http://host/...");
    EXPECT_EQ(redacted_url("wss://user:sec/ret@host"), "wss://...");
    EXPECT_EQ(redacted_url("host:80"), "(unreadable URL)");
    EXPECT_EQ(host_of("wss://user:secret@host:8546/v3/key?token=x"), "host:8546");
    EXPECT_EQ(host_of("http://host"), "host");
    EXPECT_EQ(host_of("wss://user:sec/ret@host"), "...");
    EXPECT_EQ(host_of("host:80"), "(unreadable URL)");
}

}  // namespace
}  // namespace baton::eth

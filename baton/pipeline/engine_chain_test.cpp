// Runs whose tasks ask the chain or the key ring.

#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/engine_testing.hpp"
#include "baton/pipeline/wei_text.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

/// Gives what a test puts there.
class FakeChain : public ChainReader {
  public:
    async::Task<ChainAnswer<Bytes>> call(model::ContractCall call, async::Deadline deadline) override {
        calls.push_back(std::move(call));
        if (hangs) {
            ++waiting;
            // As the client does: an endpoint that is silent is given up at the deadline.
            co_await async::sleep_for(
                std::min<std::chrono::nanoseconds>(deadline.left(), std::chrono::hours(1)));
            ChainFault fault;
            fault.text = "remote eth node timed out: context deadline exceeded";
            co_return fault;
        }
        co_return result;
    }
    async::Task<ChainAnswer<std::uint64_t>> estimate_gas(model::ContractCall call, async::Deadline) override {
        calls.push_back(std::move(call));
        co_return estimate;
    }
    async::Task<ChainAnswer<model::Head>> latest_head(async::Deadline) override { co_return head; }

    std::vector<model::ContractCall> calls;
    bool hangs = false;
    int waiting = 0;
    ChainAnswer<Bytes> result;
    ChainAnswer<std::uint64_t> estimate;
    ChainAnswer<model::Head> head;
};

ChainFault fault(std::string message, std::int64_t code = 0, std::optional<std::string> data = std::nullopt) {
    ChainFault made;
    made.text = "the endpoint said: " + message;
    made.code = code;
    made.message = std::move(message);
    made.data = std::move(data);
    return made;
}

const std::string call_task =
    R"(c [type=ethcall contract="0x3333333333333333333333333333333333333333" data="\"0x01\"")";

}  // namespace

class EngineChainTest : public testing::EngineTest {
  protected:
    EngineChainTest() { environment.reader = &chain; }
    std::string call_error(const std::string& attributes) {
        return row(execute(call_task + attributes + "]").run, "c").error.value_or("none");
    }
    FakeChain chain;
};

TEST_F(EngineChainTest, ACallsResultGoesOnAsBytes) {
    Bytes word(32, 0);
    word.back() = 18;
    chain.result = word;
    const RunOutcome outcome = execute(
        R"g(e [type=ethabiencode abi="decimals()" data="{}"]
           c [type=ethcall contract="0x3333333333333333333333333333333333333333" data="$(e)" gas="$(limit)"]
           d [type=ethabidecode abi="uint8 decimals" data="$(c)"]
           e -> c -> d)g",
        {{"limit", std::uint64_t{5'000'000'000}}});
    EXPECT_EQ(outcome.run.outputs, R"([{"decimals":18}])");
    ASSERT_EQ(chain.calls.size(), 1U);
    EXPECT_EQ(to_0x(chain.calls[0].data), "0x313ce567");
    EXPECT_TRUE(chain.calls[0].from.is_zero());
    EXPECT_EQ(chain.calls[0].gas, 5'000'000'000 - 4'294'967'296) << "cut to 32 bits as in v1.11.0";
}

TEST_F(EngineChainTest, TheGasOfACallIsTheLimitOfTheJobOrTheChain) {
    chain.result = Bytes{1};
    execute(call_task + "]");
    RunRequest limited = request(call_task + "]");
    limited.job_gas_limit = 77;
    execute(std::move(limited));
    execute(call_task + " gasUnlimited=true]");
    ASSERT_EQ(chain.calls.size(), 3U);
    EXPECT_EQ(chain.calls[0].gas, 500'000U);
    EXPECT_EQ(chain.calls[1].gas, 77U);
    EXPECT_EQ(chain.calls[2].gas, 0U);
}

TEST_F(EngineChainTest, ErrorsOfACall) {
    chain.result = fault("execution reverted: nope", 3, "0x08c379a0");
    EXPECT_EQ(call_error(""), "the endpoint said: execution reverted: nope");
    EXPECT_EQ(call_error(" extractRevertReason=true"), "execution reverted: nope");
    chain.result = fault("", -32'015, "Reverted 0x08c379a0");
    EXPECT_EQ(call_error(" extractRevertReason=true"),
              "json-rpc error { Code = -32015, Data = 'Reverted 0x08c379a0' }");
    chain.result = fault("connection refused");
    EXPECT_EQ(call_error(" extractRevertReason=true"), "the endpoint said: connection refused");
    EXPECT_EQ(call_error(" evmChainID=2"), "chain not found with id 2");
    EXPECT_EQ(call_error(" gas=1 gasUnlimited=true"),
              "gas must be zero when gasUnlimited is true: bad input for task");
    environment.reader = nullptr;
    EXPECT_EQ(call_error(""), "no live nodes available for chain 1");
    EXPECT_THROW(parse_graph(call_task + " extractRevertReason=maybe]"), InvalidInput);
}

TEST_F(EngineChainTest, TheRunsTimeLimitEndsACall) {
    chain.hangs = true;
    environment.most = std::chrono::milliseconds(30);
    EXPECT_EQ(call_error(""), "remote eth node timed out: context deadline exceeded");
    environment.most = std::chrono::minutes(10);
    EXPECT_EQ(call_error(" timeout=\"30ms\""), "remote eth node timed out: context deadline exceeded");
}

TEST_F(EngineChainTest, CancellationDuringACallLeavesNothing) {
    chain.hangs = true;
    async::TaskGroup group(loop.executor());
    bool ended = false;
    const auto run = [](Engine* of, RunRequest wanted, bool* done) -> async::Task<void> {
        co_await of->execute(std::move(wanted));
        *done = true;
    };
    group.spawn("run", run(&engine, request(call_task + "]"), &ended));
    while (chain.waiting == 0)
        loop.run_until_done(async::sleep_for(std::chrono::milliseconds(1)));
    loop.run_until_done(group.stop());
    EXPECT_FALSE(ended);
}

TEST_F(EngineChainTest, AFailedCallIsTriedAgain) {
    chain.result = fault("busy");
    execute(call_task + R"( retries=3 minBackoff="1ms" maxBackoff="1ms"])");
    EXPECT_EQ(chain.calls.size(), 3U);
}

TEST_F(EngineChainTest, TheLatestBlockIsThatOfTheHeads) {
    model::Head head;
    head.number = 12;
    head.hash.bytes.fill(1);
    head.parent_hash.bytes.fill(2);
    head.timestamp = WallTime(std::chrono::seconds(1'600'000'000));
    head.base_fee_per_gas = 1'500'000'000;
    chain.head = head;
    const RunOutcome outcome =
        execute("b [type=ethgetblock]; n [type=multiply input=\"$(b.number)\" times=2]");
    EXPECT_EQ(outcome.run.outputs, R"(["24"])");
    const std::string block = row(outcome.run, "b").output.value_or("");
    EXPECT_NE(block.find(R"("baseFeePerGas":"1.5 gwei")"), std::string::npos) << block;
    EXPECT_NE(block.find(R"("timestamp":"2020-09-13T12:26:40Z")"), std::string::npos) << block;
    chain.head = fault("silence");
    EXPECT_EQ(row(execute("b [type=ethgetblock]").run, "b").error, "the endpoint said: silence");
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

TEST_F(EngineChainTest, GasIsEstimatedAndBounded) {
    const std::string task =
        R"(g [type=estimategaslimit to="0x3333333333333333333333333333333333333333" data="0x01")";
    chain.estimate = std::uint64_t{21'000};
    EXPECT_EQ(execute(task + " multiplier=\"1.1\"]").run.outputs, "[23100]");
    EXPECT_EQ(execute(task + " multiplier=1000]").run.outputs, "[500000]");
    chain.estimate = fault("out of gas");
    EXPECT_EQ(execute(task + "]").run.outputs, "[500000]") << "without an estimate the limit";
    EXPECT_EQ(row(execute(task + " evmChainID=2]").run, "g").error, "chain not found with id 2");
}

TEST_F(EngineChainTest, AProofNeedsTheNodesKey) {
    const crypto::PrivateKey key = crypto::PrivateKey::random(Random::system());
    const crypto::PublicKey of = key.public_key();
    const crypto::VrfKeyId id = crypto::vrf_key_id(of);
    const Bytes id_bytes(id.bytes.begin(), id.bytes.end());
    const auto word = [](BytesView bytes) {
        return codec::FixedBytesValue{Bytes(bytes.begin(), bytes.end()), false};
    };
    const Hash job = hash_from(Bytes(32, 0xab));
    const codec::Map vars{{"pk", id_bytes},
                          {"hash", Bytes(32, 0xcd)},
                          {"number", std::uint64_t{10}},
                          {"topics", Value::typed_list("hash", {hash_from(Bytes(32, 1)), job})},
                          {"log", Value::map({{"keyHash", word(crypto::vrf_key_hash(of).view())},
                                              {"seed", BigInt(42)},
                                              {"jobID", word(job.view())}})}};
    const std::string graph = R"g(l [type=merge left="$(log)" right="{}"]
        p [type=vrf publicKey="$(pk)" requestBlockHash="$(hash)" requestBlockNumber="$(number)" topics="$(topics)"]
        l -> p)g";
    const std::string id_text = to_0x(id_bytes);
    EXPECT_EQ(row(execute(graph, vars).run, "p").error, "unable to find VRF key with id " + id_text);
    environment.vrf_key = &key;
    const std::string output = row(execute(graph, vars).run, "p").output.value_or("");
    EXPECT_EQ(output.size(), 2 + 2 + 2 * 448U);
    EXPECT_EQ(output.substr(1, 2 + 64), "0x" + to_hex(of.view().first(32)));
}

}  // namespace baton::pipeline

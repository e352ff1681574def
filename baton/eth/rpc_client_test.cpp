#include "baton/eth/rpc_client.hpp"

#include "baton/async/group.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/codec/json.hpp"
#include "testing/log.hpp"
#include "testing/rpc_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::eth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RpcNode;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Manner = RpcNode::Manner;

constexpr std::uint64_t chain_id = 1337;

class RpcClientTest : public ::testing::Test {
  protected:
    RpcClientTest() {
        times.call_limit = seconds(10);
        times.silence = seconds(10);
        times.first_pause = milliseconds(1);
        times.longest_pause = milliseconds(20);
    }
    ~RpcClientTest() override {
        if (running) loop.run_until_done(running->stop());
    }

    static Endpoint by_both(const RpcNode& node, std::string name = "primary") {
        return {std::move(name), node.ws_url(), node.http_url(), false};
    }
    static Endpoint by_web_socket(const RpcNode& node) { return {"primary", node.ws_url(), "", false}; }
    static Endpoint send_only(const RpcNode& node) { return {"sendonly", "", node.http_url(), true}; }

    void make(std::vector<Endpoint> endpoints) {
        client = std::make_unique<RpcClient>(loop.executor(), BigInt(chain_id), std::move(endpoints), http,
                                             Metrics::none(), Logger(sink, "EVM"), times);
    }
    /// Runs the client until the end of the test; an error of run() fails it.
    void run() {
        running = std::make_unique<async::TaskGroup>(
            loop.executor(),
            [](const std::string&, std::exception_ptr) { ADD_FAILURE() << "run() ended with an error"; });
        running->spawn("client", client->run([this](model::Head head) { heads.push_back(std::move(head)); }));
    }
    void start(std::vector<Endpoint> endpoints) {
        make(std::move(endpoints));
        run();
        wait_until([this] { return client->healthy(); });
    }
    void wait_until(const std::function<bool()>& holds) {
        const auto limit = async::Deadline::after(seconds(20));
        while (!holds()) {
            ASSERT_FALSE(limit.passed()) << "it never came to that";
            loop.run_until_done(async::sleep_for(milliseconds(1)));
        }
    }
    static async::Deadline soon() { return async::Deadline::after(seconds(10)); }
    static RpcCall ask(std::string method, std::string params = "[]") {
        RpcCall call;
        call.method = std::move(method);
        call.params = std::move(params);
        return call;
    }
    RpcAnswer call(std::string method) {
        return loop.run_until_done(client->call(ask(std::move(method)), soon()));
    }
    /// What the call fails with; "" when it does not.
    std::string failure(async::Deadline deadline = soon()) {
        try {
            loop.run_until_done(client->call(ask("eth_blockNumber"), deadline));
        } catch (const TransportError& error) {
            return error.what();
        }
        return "";
    }
    std::vector<std::uint64_t> numbers() const {
        std::vector<std::uint64_t> all;
        for (const auto& head : heads)
            all.push_back(head.number);
        return all;
    }

    async::Loop loop;
    net::HttpClient http{loop.executor()};
    std::shared_ptr<test::RecordingSink> sink = std::make_shared<test::RecordingSink>();
    RpcNode node{chain_id};
    RpcTimes times;
    std::unique_ptr<RpcClient> client;
    std::unique_ptr<async::TaskGroup> running;
    std::vector<model::Head> heads;
};

/// With calls over HTTP, and with everything over the WebSocket.
class EachWayTest : public RpcClientTest, public ::testing::WithParamInterface<bool> {
  protected:
    Endpoint endpoint() const { return GetParam() ? by_both(node) : by_web_socket(node); }
};
INSTANTIATE_TEST_SUITE_P(Ways, EachWayTest, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Http" : "WebSocket"; });

// ---------------------------------------------------------------------------------------------------------------------
// Heads
// ---------------------------------------------------------------------------------------------------------------------

TEST_P(EachWayTest, TellsTheTipAndEveryNewHead) {
    node.mine();
    start({endpoint()});
    wait_until([this] { return heads.size() == 1; });
    for (int i = 0; i < 3; ++i)
        node.mine();
    wait_until([this] { return heads.size() == 4; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{1, 2, 3, 4}));
    EXPECT_EQ(heads.back().hash, node.tip().hash);
}

TEST_P(EachWayTest, FindsTheHeadsItWasNotTold) {
    start({endpoint()});
    node.tell_subscribers(false);
    for (int i = 0; i < 10; ++i)
        node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 12; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
}

TEST_P(EachWayTest, TellsTheNewBranchOfAReorganisationFromItsFork) {
    for (int i = 0; i < 5; ++i)
        node.mine();
    start({endpoint()});
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    node.drop_blocks(1);
    node.tell_subscribers(false);
    node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 4; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{5, 6, 6, 7}));
    EXPECT_NE(heads[1].hash, heads[2].hash);
    EXPECT_EQ(heads[3].parent_hash, heads[2].hash);
}

/// Null for the next so many questions for a block by its hash.
RpcNode::Answer no_block_by_hash(int times) {
    return [left = std::make_shared<int>(times)](const std::string& method,
                                                 const codec::Value&) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getBlockByHash" || (*left)-- <= 0) return std::nullopt;
        return RpcNode::Reply{"null"};
    };
}

TEST_P(EachWayTest, AHeadWhoseParentIsNotThereYetIsTakenAgain) {
    start({endpoint()});
    wait_until([this] { return heads.size() == 1; });
    node.answer(no_block_by_hash(3));
    node.tell_subscribers(false);
    node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 3; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
    EXPECT_EQ(node.subscriptions(), 1u) << "no reason to leave an endpoint";
}

TEST_P(EachWayTest, AnEndpointThatNeverGivesAParentIsLeftAndNothingIsLost) {
    times.call_limit = milliseconds(120);
    start({endpoint()});
    wait_until([this] { return heads.size() == 1; });
    node.answer(no_block_by_hash(1'000'000));
    node.tell_subscribers(false);
    node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    EXPECT_TRUE(sink->mentions("does not give the parents of block 2"));
    EXPECT_EQ(heads.size(), 1u);
    node.answer({});
    wait_until([this] { return heads.size() == 3; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
}

TEST_P(EachWayTest, ComesBackAfterALostConnection) {
    start({endpoint()});
    wait_until([this] { return heads.size() == 1; });
    node.drop_connections();
    node.mine();
    node.mine();
    wait_until([this] { return node.subscriptions() == 2 && heads.size() == 3; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 1, 2}));
    node.mine();
    wait_until([this] { return heads.size() == 4; });
}

TEST_F(RpcClientTest, AsksWhenTheSubscriptionIsSilentAndThenConnectsAnew) {
    times.silence = milliseconds(5);
    start({by_both(node)});
    node.tell_subscribers(false);
    for (std::size_t i = 1; i <= 4; ++i) {
        node.mine();
        wait_until([&] { return heads.size() == i + 1; });
    }
    wait_until([this] { return node.subscriptions() >= 2; });
    EXPECT_EQ(
        sink->lines().back().level == LogLevel::error || !sink->with("failed and is tried again").empty(),
        true);
}

TEST_F(RpcClientTest, GapsThatAreTooLargeAreNotClimbed) {
    start({by_both(node)});
    wait_until([this] { return heads.size() == 1; });
    node.tell_subscribers(false);
    for (int i = 0; i < 500; ++i)
        node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    EXPECT_EQ(numbers(), (std::vector<std::uint64_t>{0, 501}));
    EXPECT_EQ(node.asked("eth_getBlockByHash"), 0u);
}

TEST_F(RpcClientTest, WithoutWebSocketHeadsAndCallsGoOverHttp) {
    times.silence = milliseconds(5);
    node.behave(Manner::no_web_socket);
    start({by_both(node)});
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    EXPECT_EQ(failure(), "");
    EXPECT_FALSE(sink->with("failed and is tried again").empty());
    node.behave(Manner::normal);
    wait_until([this] { return node.subscriptions() == 1; });
}

TEST_F(RpcClientTest, WithoutHttpCallsGoOverTheWebSocket) {
    times.silence = milliseconds(5);
    start({by_both(node)});
    node.behave(Manner::no_http);
    EXPECT_EQ(failure(), "");
    EXPECT_EQ(loop.run_until_done(client->batch({ask("eth_chainId"), ask("eth_chainId")}, soon())).size(),
              2u);
    EXPECT_EQ(loop.run_until_done(client->send_raw({Bytes{1}}, soon())).size(), 1u);
    node.tell_subscribers(false);
    node.mine();
    node.tell_subscribers(true);
    node.mine();
    wait_until([this] { return heads.size() == 3; });
    EXPECT_EQ(sink->with("cannot be asked over HTTP").size(), 1u);
    node.drop_connections();
    wait_until([this] { return node.subscriptions() == 2; });
    wait_until([this] { return client->healthy(); });
    EXPECT_EQ(failure(), "") << "a connection that is made without HTTP";
    node.behave(Manner::normal);
    wait_until([this] { return !sink->with("calls go over HTTP again").empty(); });
    EXPECT_EQ(failure(), "");
}

TEST_F(RpcClientTest, AnEndpointWithoutHttpIsLeftForAnotherOne) {
    times.silence = milliseconds(5);
    RpcNode second(chain_id);
    start({by_both(node), by_both(second, "second")});
    node.behave(Manner::no_http);
    EXPECT_EQ(failure(), "");
    wait_until([&] { return second.subscriptions() == 1; });
    wait_until([this] { return client->healthy(); });
    EXPECT_EQ(failure(), "");
}

TEST_F(RpcClientTest, AnImplausibleHeadIsNotBelieved) {
    start({by_both(node)});
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    node.answer([](const std::string& method, const codec::Value&) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getBlockByNumber") return std::nullopt;
        return RpcNode::Reply{R"({"number":"0xffffffffffff","hash":"0x)" + std::string(64, 'e') +
                              R"(","parentHash":"0x)" + std::string(64, 'f') + R"(","timestamp":"0x1"})"};
    });
    node.drop_connections();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    node.answer({});
    wait_until([this] { return client->healthy(); });
    node.mine();
    wait_until([this] { return heads.size() == 3; });
    EXPECT_EQ(heads.back().number, 2u);
}

TEST_F(RpcClientTest, AJumpThatTheEndpointDoesNotConfirmIsNotBelieved) {
    start({by_both(node)});
    wait_until([this] { return heads.size() == 1; });
    node.answer([](const std::string& method, const codec::Value&) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getBlockByNumber") return std::nullopt;
        return RpcNode::Reply{R"({"number":"0x41","hash":"0x)" + std::string(64, 'e') +
                              R"(","parentHash":"0x)" + std::string(64, 'f') + R"(","timestamp":"0x1"})"};
    });
    node.drop_connections();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    wait_until([this] { return sink->mentions("but says that its latest block is 0"); });
    node.answer({});
    node.mine();
    wait_until([this] { return heads.size() == 2; });
    EXPECT_EQ(heads.back().number, 1u);
}

// ---------------------------------------------------------------------------------------------------------------------
// Chain id
// ---------------------------------------------------------------------------------------------------------------------

TEST_P(EachWayTest, SendsNothingToAnotherChain) {
    node.set_chain_id(5);
    make({endpoint()});
    run();
    wait_until([this] { return client->wrong_chain().has_value(); });
    EXPECT_FALSE(client->healthy());
    EXPECT_THAT(*client->wrong_chain(), HasSubstr("ETH_CHAIN_ID is 1337"));
    EXPECT_THAT(*client->wrong_chain(), HasSubstr("is on chain 5"));
    EXPECT_THROW(loop.run_until_done(client->send_raw({Bytes{1}}, soon())), TransportError);
    EXPECT_EQ(failure(), *client->wrong_chain());
    // Some more attempts: it is said once.
    wait_until([this] { return node.asked("eth_chainId") >= 5; });
    EXPECT_EQ(sink->with("ETH_CHAIN_ID is 1337").size(), 1u);
    EXPECT_TRUE(sink->with("failed and is tried again").empty());
    for (const auto& method : node.asked())
        EXPECT_EQ(method, "eth_chainId");
    node.set_chain_id(chain_id);
    wait_until([this] { return client->healthy(); });
    EXPECT_FALSE(client->wrong_chain());
}

TEST_F(RpcClientTest, WithoutConnectionThereIsNoLiveNode) {
    make({by_both(node)});
    EXPECT_EQ(failure(), "no live nodes available for chain 1337");
    EXPECT_FALSE(client->healthy());
    EXPECT_THROW(make({send_only(node)}), InvalidInput);
}

// ---------------------------------------------------------------------------------------------------------------------
// Calls
// ---------------------------------------------------------------------------------------------------------------------

TEST_P(EachWayTest, GivesResultsAndErrorsAsValues) {
    start({endpoint()});
    EXPECT_EQ(*std::get<codec::Value>(call("eth_chainId")).text_or_null(), "0x539");
    const auto error = std::get<RpcError>(call("eth_fly"));
    EXPECT_EQ(error.code, -32601);
    EXPECT_EQ(error.message, "the method eth_fly does not exist");
    EXPECT_EQ(loop.run_until_done(client->latest_head(soon()))->hash, node.tip().hash);
    EXPECT_FALSE(loop.run_until_done(client->head_by_number(99, soon())));
    EXPECT_EQ(loop.run_until_done(client->head_by_hash(node.tip().hash, soon()))->number, 0u);
}

TEST_P(EachWayTest, AnswersManyCallsInTheirOrder) {
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "echo") return std::nullopt;
        return RpcNode::Reply{codec::write_json(*codec::at(params, {"0"}))};
    });
    start({endpoint()});
    std::vector<RpcCall> calls;
    for (int i = 0; i < 250; ++i)
        calls.push_back(ask("echo", "[" + std::to_string(i) + "]"));
    const auto answers = loop.run_until_done(client->batch(calls, soon()));
    ASSERT_EQ(answers.size(), 250u);
    for (int i = 0; i < 250; ++i) {
        EXPECT_EQ(codec::to_int64(std::get<codec::Value>(answers[static_cast<std::size_t>(i)])), i);
    }
    EXPECT_TRUE(loop.run_until_done(client->batch({}, soon())).empty());
}

TEST_P(EachWayTest, ReadsTypedValues) {
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        const auto second = codec::at(params, {"1"});
        if (method == "eth_getTransactionCount") {
            return RpcNode::Reply{*second->text_or_null() == "pending" ? "\"0x8\"" : "\"0x7\""};
        }
        if (method == "eth_getBalance") return RpcNode::Reply{"\"0xde0b6b3a7640000\""};
        if (method == "eth_call") {
            const auto data = codec::string_or(*codec::at(params, {"0"}), "data");
            if (data == "0x01") return RpcNode::Reply{"\"0x0203\""};
            if (data == "0x02")
                return RpcNode::Reply{R"({"code":3,"message":"execution reverted","data":"0x08c3"})", true};
            return RpcNode::Reply{"17"};
        }
        return std::nullopt;
    });
    start({endpoint()});
    EXPECT_EQ(loop.run_until_done(client->nonce(Address{}, true, soon())), 8u);
    EXPECT_EQ(loop.run_until_done(client->nonce(Address{}, false, soon())), 7u);
    EXPECT_EQ(loop.run_until_done(client->balance(Address{}, soon())), BigInt("1000000000000000000"));
    EXPECT_EQ(std::get<Bytes>(loop.run_until_done(client->call_contract(Address{}, Bytes{1}, soon()))),
              (Bytes{2, 3}));
    const auto reverted =
        std::get<RpcError>(loop.run_until_done(client->call_contract(Address{}, Bytes{2}, soon())));
    EXPECT_EQ(reverted.data, "0x08c3");
    EXPECT_THROW(loop.run_until_done(client->call_contract(Address{}, Bytes{3}, soon())), TransportError);
}

TEST_P(EachWayTest, ReceiptsOfOthersErrorsAndNonsenseAreNone) {
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "eth_getTransactionReceipt") return std::nullopt;
        const auto hash = *codec::at(params, {"0"})->text_or_null();
        if (hash[3] == '0') return RpcNode::Reply{"null"};
        if (hash[3] == '1')
            return RpcNode::Reply{R"({"code":-32000,"message":"missing required field 'x'"})", true};
        if (hash[3] == '4') return RpcNode::Reply{R"({"blockNumber":"0x5"})"};
        const auto told = hash[3] == '2' ? hash : "0x" + std::string(64, 'f');
        return RpcNode::Reply{R"({"transactionHash":")" + told + R"(","blockHash":"0x)" +
                              std::string(64, 'a') +
                              R"(","blockNumber":"0x5","transactionIndex":"0x0","status":"0x1"})"};
    });
    start({endpoint()});
    std::vector<Hash> hashes(5);
    for (std::size_t i = 0; i < hashes.size(); ++i)
        hashes[i].bytes[0] = static_cast<std::uint8_t>(i);
    const auto receipts = loop.run_until_done(client->receipts(hashes, soon()));
    ASSERT_EQ(receipts.size(), 5u);
    EXPECT_FALSE(receipts[0].receipt);
    EXPECT_TRUE(receipts[0].none);
    EXPECT_FALSE(receipts[1].receipt);
    EXPECT_FALSE(receipts[1].none) << "an error says nothing";
    ASSERT_TRUE(receipts[2].receipt);
    EXPECT_EQ(receipts[2].receipt->block_number, 5u);
    EXPECT_FALSE(receipts[3].receipt) << "a receipt of another transaction";
    EXPECT_FALSE(receipts[3].none);
    EXPECT_FALSE(receipts[4].receipt) << "unreadable";
    EXPECT_FALSE(receipts[4].none);
    EXPECT_EQ(sink->with("cannot be read and counts as none").size(), 1u);
}

// ---------------------------------------------------------------------------------------------------------------------
// Endpoints that misbehave
// ---------------------------------------------------------------------------------------------------------------------

struct Misbehaviour {
    Manner manner;
    const char* name;
    const char* over_http;
    const char* over_web_socket;
};

class MisbehaviourTest : public RpcClientTest,
                         public ::testing::WithParamInterface<std::tuple<Misbehaviour, bool>> {
  protected:
    Misbehaviour kind() const { return std::get<0>(GetParam()); }
    bool over_http() const { return std::get<1>(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(
    Manners, MisbehaviourTest,
    ::testing::Combine(
        ::testing::Values(
            Misbehaviour{Manner::silent, "Silent", "remote eth node timed out", "remote eth node timed out"},
            Misbehaviour{Manner::closing, "Closing", "EOF", "call failed: "},
            Misbehaviour{Manner::garbage, "Garbage", "HTTP status 200, and the body is no JSON",
                         "a message is no JSON"},
            Misbehaviour{Manner::nonsense, "Nonsense", "the answer is no JSON-RPC object",
                         "a message is no JSON-RPC object"},
            Misbehaviour{Manner::huge, "Huge", "the answer is too large", "WebSocket of 127.0.0.1"},
            Misbehaviour{Manner::bad_gateway, "BadGateway", "HTTP status 502, and the body is no JSON",
                         "a message is no JSON"}),
        ::testing::Bool()),
    [](const auto& one) {
        return std::string(std::get<0>(one.param).name) +
               (std::get<1>(one.param) ? "OverHttp" : "OverWebSocket");
    });

TEST_P(MisbehaviourTest, GivesAClearErrorAndRecovers) {
    start({over_http() ? by_both(node) : by_web_socket(node)});
    node.behave(kind().manner);
    const auto text =
        failure(async::Deadline::after(kind().manner == Manner::silent ? milliseconds(30) : seconds(10)));
    EXPECT_THAT(text, StartsWith(over_http() ? "primary http (http://127.0.0.1:"
                                             : "primary websocket (ws://127.0.0.1:"));
    EXPECT_THAT(text, HasSubstr(over_http() ? kind().over_http : kind().over_web_socket));
    node.behave(Manner::normal);
    wait_until([this] { return client->healthy(); });
    EXPECT_EQ(failure(), "");
    node.mine();
    wait_until([this] { return !heads.empty() && heads.back().hash == node.tip().hash; });
}

TEST_P(MisbehaviourTest, IsOutlivedAtTheStart) {
    times.call_limit = milliseconds(kind().manner == Manner::silent ? 30 : 10000);
    node.behave(kind().manner);
    make({over_http() ? by_both(node) : by_web_socket(node)});
    run();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    EXPECT_FALSE(client->healthy());
    node.behave(Manner::normal);
    wait_until([this] { return client->healthy(); });
    wait_until([this] { return heads.size() == 1; });
}

TEST_F(RpcClientTest, CallersOfALostConnectionAreNotTakenForCancelled) {
    start({by_web_socket(node)});
    node.behave(Manner::silent);
    std::exception_ptr failure;
    async::TaskGroup group(loop.executor());
    const auto wait = [](RpcClient* asked, RpcCall question, std::exception_ptr* out) -> async::Task<void> {
        try {
            co_await asked->call(std::move(question), async::Deadline::never());
        } catch (...) {
            *out = std::current_exception();
        }
    };
    group.spawn("call", wait(client.get(), ask("eth_blockNumber"), &failure));
    loop.run_until_done(async::sleep_for(milliseconds(1)));
    loop.run_until_done(running->stop());
    loop.run_until_done(group.join());
    EXPECT_FALSE(async::is_cancellation(failure));
    EXPECT_THROW(std::rethrow_exception(failure), TransportError);
    running.reset();
}

TEST_F(RpcClientTest, NoSecretOfAUrlIsLogged) {
    Endpoint endpoint = by_both(node);
    endpoint.ws_url = "ws://user:s3cret@127.0.0.1:1/v3/api-key?token=t0ken";
    endpoint.http_url = "http://user:s3cret@127.0.0.1:1/v3/api-key?token=t0ken";
    make({endpoint});
    run();
    wait_until([this] { return !sink->with("failed and is tried again").empty(); });
    loop.run_until_done(async::sleep_for(milliseconds(5)));
    for (const char* secret : {"s3cret", "api-key", "t0ken"})
        EXPECT_FALSE(sink->mentions(secret)) << secret;
}

// ---------------------------------------------------------------------------------------------------------------------
// Several endpoints
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(RpcClientTest, TransactionsGoToEveryEndpoint) {
    RpcNode helper(chain_id);
    RpcNode foreign(5);
    RpcNode second(chain_id);
    node.answer([](const std::string& method, const codec::Value& params) -> std::optional<RpcNode::Reply> {
        if (method != "eth_sendRawTransaction") return std::nullopt;
        if (*codec::at(params, {"0"})->text_or_null() == "0x02") {
            return RpcNode::Reply{R"({"code":-32000,"message":"nonce too low"})", true};
        }
        return RpcNode::Reply{"\"0xhash\""};
    });
    auto elsewhere = send_only(foreign);
    elsewhere.name = "elsewhere";
    auto dead = send_only(foreign);
    dead.http_url = "http://127.0.0.1:1";
    start({by_both(node), send_only(helper), elsewhere, dead, by_both(second, "second")});
    const auto errors = loop.run_until_done(client->send_raw({Bytes{1}, Bytes{2}}, soon()));
    ASSERT_EQ(errors.size(), 2u);
    EXPECT_FALSE(errors[0]);
    EXPECT_EQ(errors[1]->message, "nonce too low");
    EXPECT_EQ(node.asked("eth_sendRawTransaction"), 2u);
    wait_until([&] {
        return helper.asked("eth_sendRawTransaction") == 2 && second.asked("eth_sendRawTransaction") == 2;
    });
    wait_until([this] { return !sink->with("doesn't match local ChainID").empty(); });
    EXPECT_EQ(foreign.asked("eth_sendRawTransaction"), 0u);
    EXPECT_TRUE(loop.run_until_done(client->send_raw({}, soon())).empty());
}

TEST_F(RpcClientTest, NothingLeavesAfterItsTime) {
    RpcNode helper(chain_id);
    start({by_both(node), send_only(helper)});
    EXPECT_THROW(loop.run_until_done(client->send_raw({Bytes{1}}, async::Deadline::after(milliseconds(0)))),
                 TransportError);
    // What is sent in time goes to both, behind whatever was sent before.
    loop.run_until_done(client->send_raw({Bytes{2}}, soon()));
    wait_until([&] { return helper.asked("eth_sendRawTransaction") > 0; });
    EXPECT_EQ(node.asked("eth_sendRawTransaction"), 1u);
    EXPECT_EQ(helper.asked("eth_sendRawTransaction"), 1u);
}

TEST_F(RpcClientTest, AnotherPrimaryTakesOver) {
    auto second = std::make_unique<RpcNode>(chain_id);
    auto first = std::make_unique<RpcNode>(chain_id);
    for (int i = 0; i < 3; ++i)
        second->mine();
    start({by_both(*first, "first"), by_both(*second, "second")});
    EXPECT_EQ(first->subscriptions(), 1u);
    EXPECT_EQ(second->subscriptions(), 0u);
    first.reset();
    wait_until([&] { return second->subscriptions() == 1; });
    wait_until([&] { return client->healthy(); });
    EXPECT_EQ(failure(), "");
    EXPECT_EQ(heads.back().hash, second->tip().hash);
}

// ---------------------------------------------------------------------------------------------------------------------
// Logs
// ---------------------------------------------------------------------------------------------------------------------

class LogsTest : public EachWayTest {
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

TEST_F(RpcClientTest, AnswersThatAreTooLargeAreHalvedToo) {
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
    EXPECT_TRUE(loop.run_until_done(client->logs(query, soon())).empty());
    EXPECT_EQ(node.asked("eth_getLogs"), 7u);
}

}  // namespace
}  // namespace baton::eth

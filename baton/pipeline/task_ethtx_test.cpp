#include "baton/pipeline/engine_testing.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

const std::string to_and_data = R"(to="0x3333333333333333333333333333333333333333" data="0xaabb" )";

}  // namespace

class EthTxTask : public EngineTest {
  protected:
    /// The transaction that one task asks for.
    model::NewTransaction send(const std::string& attributes, codec::Map vars = {}) {
        outcome = execute("a [type=ethtx " + to_and_data + attributes + "]", std::move(vars));
        if (outcome.transactions.size() != 1) throw NotFound(row(outcome.run, "a").error.value_or("none"));
        return outcome.transactions.front();
    }
    /// As show() has it.
    std::string result(const std::string& attributes, Inputs inputs = {}, codec::Map vars = {}) {
        return run_in(loop, environment, "ethtx " + to_and_data + attributes, std::move(inputs),
                      std::move(vars));
    }
    RunOutcome outcome;
};

TEST_F(EthTxTask, WhatATransactionConsistsOf) {
    const auto plain = send("");
    EXPECT_EQ(plain.chain_id, 1);
    EXPECT_EQ(plain.from, address_of(0x11));
    EXPECT_EQ(plain.to, address_of(0x33));
    EXPECT_EQ(plain.payload, (Bytes{0xaa, 0xbb}));
    EXPECT_EQ(plain.value, 0);
    EXPECT_EQ(plain.gas_limit, 500'000U);
    EXPECT_EQ(plain.meta, R"({"FailOnRevert":false})");
    EXPECT_EQ(plain.transmit_checker, "{}");
    EXPECT_EQ(plain.task_id, row(outcome.run, "a").id);

    EXPECT_EQ(send("gasLimit=21000").gas_limit, 21'000U);
    EXPECT_EQ(send("gasLimit=5000000000").gas_limit, 5'000'000'000 - 4'294'967'296) << "cut to 32 bits";
    EXPECT_EQ(send("failOnRevert=true").meta, R"({"FailOnRevert":true})");
    EXPECT_EQ(send(R"(transmitChecker=<{"CheckerType": "vrf_v2"}>)").transmit_checker,
              R"({"CheckerType":"vrf_v2"})");
}

TEST_F(EthTxTask, ItWaitsForConfirmationsUnlessThereAreToBeNone) {
    EXPECT_EQ(result(""), "pending");
    EXPECT_EQ(send("").min_confirmations, 50U) << "the chain's finality depth";
    EXPECT_EQ(send("minConfirmations=\" \"").min_confirmations, 50U);
    EXPECT_EQ(send("minConfirmations=3").min_confirmations, 3U);
    EXPECT_EQ(outcome.run.state, model::RunState::suspended);

    EXPECT_EQ(result("minConfirmations=0"), "null");
    const auto at_once = send("minConfirmations=0");
    EXPECT_EQ(at_once.min_confirmations, std::nullopt);
    EXPECT_EQ(at_once.task_id, row(outcome.run, "a").id);
    EXPECT_EQ(outcome.run.state, model::RunState::completed);
    EXPECT_EQ(outcome.run.outputs, "[null]");

    EXPECT_EQ(
        result("minConfirmations=\"$(n)\"", {}, {{"n", "1"}}),
        "error: minConfirmations: strconv.ParseUint: parsing \"$(n)\": invalid syntax: bad input for task");
}

TEST_F(EthTxTask, TheKeyIsOneOfThoseListedOrAny) {
    send("");
    EXPECT_TRUE(environment.key_candidates.empty());
    send(R"(from=<["0x4444444444444444444444444444444444444444"]>)");
    EXPECT_EQ(environment.key_candidates, std::vector{address_of(0x44)});
    send(R"g(from="[$(a), $(b)]")g", {{"a", "0x4444444444444444444444444444444444444444"},
                                      {"b", "0x5555555555555555555555555555555555555555"}});
    EXPECT_EQ(environment.key_candidates, (std::vector{address_of(0x44), address_of(0x55)}));
    EXPECT_EQ(result("from=\"0x4444444444444444444444444444444444444444\""),
              "error: from: AddressSliceParam: cannot convert int64: bad input for task");
    environment.key_error = "no sending keys available for chain 1";
    EXPECT_EQ(
        result(""),
        "error: while querying keystore: ETHTxTask failed to get fromAddress: no sending keys available "
        "for chain 1: task run failed");
    EXPECT_THROW(send(""), NotFound) << "no transaction";
    EXPECT_EQ(outcome.run.state, model::RunState::errored);
}

TEST_F(EthTxTask, TheMetaHasNamesInAnyCaseAndNoOthers) {
    EXPECT_EQ(
        send(R"(txMeta=<{"jobid": "321", "REQUESTID": "0x01", "subId": 5, "failOnRevert": true}>)").meta,
        R"({"JobID":321,"FailOnRevert":false,"RequestID":"0x)" + std::string(63, '0') + R"(1","SubId":5})")
        << "failOnRevert is the parameter's";
    const std::string refused = result(R"(txMeta=<{"foo": 1}>)");
    EXPECT_TRUE(refused.starts_with("error: txMeta: 1 error(s) decoding:")) << refused;
    EXPECT_TRUE(refused.ends_with("has invalid keys: foo: bad input for task")) << refused;
    EXPECT_EQ(result("txMeta=<[1]>"), "error: txMeta: expected map, got []interface {}: bad input for task");
    EXPECT_TRUE(result(R"(transmitChecker=<{"foo": 1}>)").starts_with("error: transmitChecker: "));
}

TEST_F(EthTxTask, JobsThatAllowItSendThroughTheForwarder) {
    RunRequest wanted = request("a [type=ethtx " + to_and_data + "]");
    wanted.forwarding_allowed = true;
    const RunOutcome forwarded = execute(std::move(wanted));
    const model::NewTransaction& transaction = forwarded.transactions.at(0);
    EXPECT_EQ(transaction.to, address_of(0x22));
    EXPECT_EQ(to_0x(transaction.payload),
              "0x6fadcf72"
              "0000000000000000000000003333333333333333333333333333333333333333"
              "0000000000000000000000000000000000000000000000000000000000000040"
              "0000000000000000000000000000000000000000000000000000000000000002"
              "aabb000000000000000000000000000000000000000000000000000000000000");
    EXPECT_EQ(
        transaction.meta,
        R"({"FailOnRevert":false,"ForwarderDestAddress":"0x3333333333333333333333333333333333333333"})");
}

TEST_F(EthTxTask, TheChainComesFirstThenInputsThenParameters) {
    const Inputs failed{ErrorValue{"boom"}};
    EXPECT_EQ(result(R"g(evmChainID="$(id)" gasLimit=lots)g", failed, {{"id", "7"}}),
              "error: failed to get chain by id: $(id): chain not found with id 7");
    EXPECT_EQ(result("gasLimit=lots", failed), "error: task inputs: too many errors");
    EXPECT_EQ(result("", {"1", "2"}), "pending");
    EXPECT_EQ(
        run_in(loop, environment, R"(ethtx gasLimit=lots txMeta=<[1]> minConfirmations=x transmitChecker=<[1]>
                                              failOnRevert=maybe)"),
        "error: to: parameter is empty; data: parameter is empty; "
        "gasLimit: strconv.ParseUint: parsing \"lots\": invalid syntax: bad input for task; "
        "txMeta: expected map, got []interface {}: bad input for task; "
        "minConfirmations: strconv.ParseUint: parsing \"x\": invalid syntax: bad input for task; "
        "transmitChecker: expected map, got []interface {}: bad input for task; "
        "failOnRevert: strconv.ParseBool: parsing \"maybe\": invalid syntax: bad input for task");
}

}  // namespace baton::pipeline::testing

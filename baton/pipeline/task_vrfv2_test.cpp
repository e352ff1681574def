#include "baton/crypto/keccak.hpp"
#include "baton/pipeline/engine_testing.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

/// A request for numbers by the key whose secret is 1.
class VrfV2Task : public EngineTest {
  protected:
    RunOutcome prove() {
        codec::Map all = vars;
        all["log"] = Value::map(log);
        return execute(R"g(l [type=merge left="$(log)" right="{}"]
            p [type=vrfv2 publicKey="$(pk)" requestBlockHash="$(hash)" requestBlockNumber="$(number)"
               topics="$(topics)"]
            l -> p)g",
                       all);
    }
    std::string error() { return row(prove().run, "p").error.value_or("none"); }
    Value output() { return codec::read_json(row(prove().run, "p").output.value_or("null")); }

    const crypto::PrivateKey key = *crypto::PrivateKey::from_scalar(to_big_endian(BigInt(1), 32));
    const crypto::VrfKeyId id = crypto::vrf_key_id(key.public_key());
    const Hash key_hash = crypto::vrf_key_hash(key.public_key());
    codec::Map vars{{"pk", Bytes(id.bytes.begin(), id.bytes.end())},
                    {"hash", Bytes(32, 0xcd)},
                    {"number", std::uint64_t{10}},
                    {"topics", Value::list({})}};
    codec::Map log{{"keyHash", codec::FixedBytesValue{Bytes(key_hash.bytes.begin(), key_hash.bytes.end())}},
                   {"preSeed", BigInt(42)},
                   {"requestId", BigInt(258)},
                   {"subId", std::uint64_t{11}},
                   {"callbackGasLimit", std::uint32_t{12}},
                   {"numWords", std::uint32_t{13}},
                   {"sender", address_of(0x55)}};
};

std::string word(const std::string& digits) {
    return std::string(64 - digits.size(), '0') + digits;
}

}  // namespace

TEST_F(VrfV2Task, GivesTheCallOfTheCoordinator) {
    environment.vrf_key = &key;
    const Value result = output();
    EXPECT_EQ(codec::string_or(result, "requestID"), "0x0102") << "without leading zeros";
    const std::string call = codec::string_or(result, "output");
    ASSERT_EQ(call.size(), 2 + 8 + 64 * (13 + 5U));
    EXPECT_EQ(call.substr(0, 10), "0xaf198b97");
    EXPECT_EQ(call.substr(10, 64), "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    EXPECT_EQ(call.substr(10 + 64 * 6, 64), word("2a")) << "the seed of the request";
    EXPECT_EQ(call.substr(10 + 64 * 13),
              word("a") + word("b") + word("c") + word("d") + word(to_hex(Bytes(20, 0x55))))
        << "block, subscription, gas, words, sender";
    const Hash mixed = crypto::keccak256(*from_hex(word("2a") + to_hex(Bytes(32, 0xcd))));
    EXPECT_EQ(call.substr(10 + 64 * 2, 128), to_hex(crypto::prove_vrf(key, mixed, random).gamma.view()));
}

TEST_F(VrfV2Task, TellsProofAndCommitmentApart) {
    environment.vrf_key = &key;
    const Value result = output();
    const codec::Map& members = *result.map_or_null();
    EXPECT_EQ(codec::write_json(members.at("requestCommitment")),
              R"({"BlockNum":10,"CallbackGasLimit":12,"NumWords":13,"Sender":"0x)" + to_hex(Bytes(20, 0x55)) +
                  R"(","SubId":11})");
    EXPECT_EQ(codec::write_json(members.at("proof").map_or_null()->at("Seed")), "42");
}

TEST_F(VrfV2Task, ARequestIdOfZeroHasNoDigits) {
    environment.vrf_key = &key;
    log["requestId"] = BigInt(0);
    EXPECT_EQ(codec::string_or(output(), "requestID"), "0x");
}

TEST_F(VrfV2Task, MembersOfTheLogHaveTheirExactKinds) {
    // In the order in which they are looked at, so that each one hides those before it.
    const std::vector<std::pair<std::string, Value>> wrong{{"sender", "0x55"},
                                                           {"numWords", std::int64_t{13}},
                                                           {"callbackGasLimit", std::uint64_t{12}},
                                                           {"subId", std::int64_t{11}},
                                                           {"requestId", std::int64_t{258}},
                                                           {"preSeed", "42"},
                                                           {"keyHash", Bytes(32, 1)}};
    for (const auto& [name, value] : wrong) {
        log[name] = value;
        EXPECT_EQ(error(), "invalid " + name + ": bad input for task");
    }
}

TEST_F(VrfV2Task, KeyAndBlockHashAreChecked) {
    EXPECT_EQ(error(), "unable to find VRF key with id " + to_0x(id.view()));
    vars["hash"] = Bytes(31, 1);
    EXPECT_EQ(error(), "invalid BlockHash length 31 expected 32");
    log["keyHash"] = codec::FixedBytesValue{Bytes(32, 0)};
    EXPECT_EQ(error(), "invalid key hash " + std::string(64, '0') + " expected " + to_hex(key_hash.view()));
}

TEST(VrfV2, NeedsOneMapAndVariables) {
    EXPECT_EQ(run("vrfv2"), "error: wrong number of task inputs");
    EXPECT_EQ(run("vrfv2", {ErrorValue{"boom"}}), "error: input task errored");
    EXPECT_EQ(run("vrfv2", {"{}"}), "error: expected map input: bad input for task");
    EXPECT_EQ(run(R"(vrfv2 publicKey="0x01" topics="[]")", {Value::map({})}),
              "error: publicKey: parameter is empty; requestBlockHash: parameter is empty; "
              "requestBlockNumber: parameter is empty; topics: parameter is empty");
}

}  // namespace baton::pipeline::testing

#include "baton/crypto/keccak.hpp"
#include "baton/pipeline/engine_testing.hpp"
#include "baton/pipeline/task_testing.hpp"

namespace baton::pipeline::testing {

namespace {

const Hash job = hash_from(Bytes(32, 0xab));

Value word(const Hash& hash) {
    return codec::FixedBytesValue{Bytes(hash.bytes.begin(), hash.bytes.end()), false};
}

/// A request for a number by the key whose secret is 1, and what the job knows about it.
class VrfTask : public EngineTest {
  protected:
    std::string prove() {
        return run_in(loop, environment,
                      R"g(vrf publicKey="$(pk)" requestBlockHash="$(hash)" requestBlockNumber="$(number)"
                              topics="$(topics)")g",
                      {Value::map(log)}, vars);
    }

    const crypto::PrivateKey key = *crypto::PrivateKey::from_scalar(to_big_endian(BigInt(1), 32));
    const crypto::VrfKeyId id = crypto::vrf_key_id(key.public_key());
    codec::Map vars{{"pk", Bytes(id.bytes.begin(), id.bytes.end())},
                    {"hash", Bytes(32, 0xcd)},
                    {"number", std::uint64_t{10}},
                    {"topics", Value::typed_list("hash", {hash_from(Bytes(32, 1)), job})}};
    codec::Map log{{"keyHash", word(crypto::vrf_key_hash(key.public_key()))},
                   {"seed", BigInt(42)},
                   {"jobID", word(job)}};
};

/// The words from `first` on, as hex.
std::string words_of(const std::string& shown, std::size_t first, std::size_t count) {
    return shown.substr(std::string("string 0x").size() + 64 * first, 64 * count);
}

}  // namespace

TEST_F(VrfTask, GivesTheResponseForTheCoordinator) {
    environment.vrf_key = &key;
    const std::string shown = prove();
    ASSERT_EQ(shown.size(), std::string("string 0x").size() + 2 * 448);
    EXPECT_EQ(words_of(shown, 0, 2),
              "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
              "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
        << "the public key: the curve's base point";
    const std::string seed = std::string(62, '0') + "2a";
    EXPECT_EQ(words_of(shown, 6, 1), seed) << "the seed of the request, not the mixed one";
    EXPECT_EQ(words_of(shown, 13, 1), std::string(63, '0') + "a") << "the block's number";
    const Hash mixed = crypto::keccak256(*from_hex(seed + to_hex(Bytes(32, 0xcd))));
    const auto proof = crypto::prove_vrf(key, mixed, random);
    EXPECT_EQ(words_of(shown, 2, 2), to_hex(proof.gamma.view())) << "of the seed mixed with the block's hash";
}

TEST_F(VrfTask, TheJobIsNamedByTopicZeroOrOne) {
    environment.vrf_key = &key;
    vars["topics"] = Value::typed_list("hash", {job});
    EXPECT_TRUE(prove().starts_with("string 0x"));
    const Hash other = hash_from(Bytes(32, 1));
    const auto bytes = [](const std::string& byte) {
        std::string text = "[" + byte;
        for (int i = 1; i < 32; ++i)
            text += " " + byte;
        return text + "]";
    };
    vars["topics"] = Value::typed_list("hash", {other, other});
    EXPECT_EQ(prove(), "error: request jobID " + bytes("171") + " doesn't match expected " + bytes("1") +
                           " or " + bytes("1"));
    vars["topics"] = Value::typed_list("hash", {other});
    EXPECT_EQ(prove(), "panic: runtime error: index out of range [1] with length 1");
}

TEST_F(VrfTask, TheKeyHasToBeTheOneAskedForAndTheNodesOwn) {
    EXPECT_EQ(prove(), "error: unable to find VRF key with id " + to_0x(id.view()));
    log["keyHash"] = word(Hash{});
    EXPECT_EQ(prove(), "error: invalid key hash " + std::string(64, '0') +
                           " expected c0a6c424ac7157ae408398df7e5f4552091a69125d5dfcb7b8c2659029395bdf");
    vars["pk"] = "abc";
    EXPECT_EQ(prove(),
              "error: failed to create PublicKey from bytes wrong length for public key: abc of length 3");
}

TEST_F(VrfTask, SeedAndBlockHashHave256Bits) {
    vars["hash"] = Bytes{1};
    EXPECT_EQ(prove(), "error: invalid BlockHash length 1 expected 32");
    log["seed"] = BigInt(1) << 256;
    EXPECT_TRUE(prove().starts_with("error: unable to parse preseed [0 0 0 "));
}

TEST_F(VrfTask, MembersOfTheLogHaveTheirExactKinds) {
    log["jobID"] = Bytes(32, 0xab);
    EXPECT_EQ(prove(), "error: invalid requestJobID: bad input for task");
    log["seed"] = std::int64_t{42};
    EXPECT_EQ(prove(), "error: invalid preSeed: bad input for task");
    log.erase("keyHash");
    EXPECT_EQ(prove(), "error: invalid keyHash: bad input for task");
    vars["number"] = std::int64_t{-1};
    vars["hash"] = hash_from(Bytes(32, 1));
    EXPECT_EQ(prove(),
              "error: requestBlockHash: expected array of bytes, got common.Hash: bad input for task; "
              "requestBlockNumber: cannot cast -1 to Uint64Param: bad input for task")
        << "parameters before the log";
}

TEST(Vrf, NeedsOneMapAndVariables) {
    EXPECT_EQ(run("vrf"), "error: wrong number of task inputs");
    EXPECT_EQ(run("vrf", {Value::map({}), Value::map({})}), "error: wrong number of task inputs");
    EXPECT_EQ(run("vrf", {ErrorValue{"boom"}}), "error: input task errored");
    EXPECT_EQ(run("vrf", {"{}"}), "error: expected map input: bad input for task");
    EXPECT_EQ(run(R"(vrf publicKey="0x01" requestBlockHash="0x01" requestBlockNumber=1 topics="[]")",
                  {Value::map({})}),
              "error: publicKey: parameter is empty; requestBlockHash: parameter is empty; "
              "requestBlockNumber: parameter is empty; topics: parameter is empty");
}

}  // namespace baton::pipeline::testing

#include "baton/api/job_toml.hpp"

#include "baton/crypto/eip55.hpp"
#include "testing/random.hpp"

#include <gtest/gtest.h>

namespace baton::api {
namespace {

using Stage = JobRefused::Stage;

constexpr std::string_view graph = R"toml(
observationSource = """
  a [type=jsonparse path="x" data="$(jobRun.requestBody)"]
"""
)toml";

model::Job read(const std::string& head) {
    test::SeededRandom random;
    return read_job_toml(head + std::string(graph), random);
}

void refused(const std::string& text, Stage stage, const std::string& expected) {
    test::SeededRandom random;
    try {
        read_job_toml(text, random);
        ADD_FAILURE() << "taken: " << text;
    } catch (const JobRefused& refusal) {
        EXPECT_EQ(refusal.what(), expected) << text;
        EXPECT_EQ(static_cast<int>(refusal.stage()), static_cast<int>(stage)) << text;
    }
}

void refused_with(const std::string& lines, Stage stage, const std::string& expected) {
    refused("type = \"directrequest\"\nschemaVersion = 1\n" + lines + std::string(graph), stage, expected);
}

TEST(JobToml, DirectRequest) {
    const auto job = read(R"(
type = "directrequest"
schemaVersion = 1
name = "price by http"
externalJobID = "0eec7e1d-d0d2-476c-a1a8-72dfb6633f46"
maxTaskDuration = "1m"
gasLimit = 250000
forwardingAllowed = true
contractAddress = "0x9E40733cC9df84636505f4e6Db28DCa0dC5D1bba"
evmChainID = "0x539"
minIncomingConfirmations = 7
minContractPaymentLinkJuels = "1000000000000000000"
requesters = ["0x9e40733cc9df84636505f4e6db28dca0dc5d1bba"]
unknownKey = "ignored"
)");
    EXPECT_EQ(job.type(), "directrequest");
    EXPECT_EQ(job.name, "price by http");
    EXPECT_EQ(job.external_job_id.to_string(), "0eec7e1d-d0d2-476c-a1a8-72dfb6633f46");
    EXPECT_EQ(job.max_task_duration, std::chrono::minutes(1));
    EXPECT_EQ(job.gas_limit, 250'000U);
    EXPECT_TRUE(job.forwarding_allowed);
    EXPECT_NE(job.observation_source.find("jobRun.requestBody"), std::string::npos);
    const auto& spec = std::get<model::DirectRequestSpec>(job.spec);
    EXPECT_EQ(crypto::to_checksum(spec.contract_address), "0x9E40733cC9df84636505f4e6Db28DCa0dC5D1bba");
    EXPECT_EQ(spec.evm_chain_id, BigInt(1337));
    EXPECT_EQ(spec.min_incoming_confirmations, 7U);
    EXPECT_EQ(spec.min_contract_payment, BigInt("1000000000000000000"));
    ASSERT_EQ(spec.requesters.size(), 1);
}

TEST(JobToml, AbsentKeysAreUnset) {
    const auto job = read("type = \"directrequest\"\nschemaVersion = 1\n");
    const auto& spec = std::get<model::DirectRequestSpec>(job.spec);
    EXPECT_FALSE(job.external_job_id.is_zero());
    EXPECT_FALSE(job.gas_limit);
    EXPECT_TRUE(spec.contract_address.is_zero());
    EXPECT_FALSE(spec.min_incoming_confirmations);
    EXPECT_FALSE(spec.min_contract_payment);
    EXPECT_FALSE(spec.evm_chain_id);
}

TEST(JobToml, AZeroExternalIdIsAnAbsentOne) {
    const auto job =
        read("type=\"webhook\"\nschemaVersion=1\nexternalJobID=\"00000000-0000-0000-0000-000000000000\"\n");
    EXPECT_FALSE(job.external_job_id.is_zero());
}

TEST(JobToml, FourSpellingsOfAKeyAndNoOther) {
    const auto chain = [](const std::string& key) {
        return std::get<model::DirectRequestSpec>(
                   read("type=\"directrequest\"\nSCHEMAVERSION=1\n" + key + "=5\n").spec)
            .evm_chain_id;
    };
    EXPECT_EQ(chain("evmChainID"), BigInt(5));
    EXPECT_EQ(chain("evmchainid"), BigInt(5));
    EXPECT_EQ(chain("EVMCHAINID"), BigInt(5));
    EXPECT_EQ(chain("evmChainId"), std::nullopt);
}

TEST(JobToml, Webhook) {
    const auto job = read(R"(
type = "webhook"
schemaVersion = 1
externalInitiators = [ { name = "weather", spec = "{\"station\": 7}" } ]
)");
    const auto& spec = std::get<model::WebhookSpec>(job.spec);
    ASSERT_EQ(spec.external_initiators.size(), 1);
    EXPECT_EQ(spec.external_initiators[0].name, "weather");
    EXPECT_EQ(spec.external_initiators[0].spec, R"({"station": 7})");
}

TEST(JobToml, LinkAmounts) {
    const auto payment = [](const std::string& value) {
        return std::get<model::DirectRequestSpec>(
                   read("type=\"directrequest\"\nschemaVersion=1\nminContractPaymentLinkJuels=" + value +
                        "\n")
                       .spec)
            .min_contract_payment;
    };
    EXPECT_EQ(payment("0"), BigInt(0));
    EXPECT_EQ(payment("\"0.1 link\""), BigInt("100000000000000000"));
    EXPECT_EQ(payment("\"12 juels\""), BigInt(12));
}

TEST(JobToml, CommonRulesInTheirOrder) {
    refused("type = \"oracle\"", Stage::common, "invalid job type");
    refused("schemaVersion = 1", Stage::common, "invalid job type");
    refused("type = \"webhook\"", Stage::common, "invalid schema version");
    refused("type = \"webhook\"\nschemaVersion = 2", Stage::common, "invalid schema version");
    refused("type = \"webhook\"\nschemaVersion = 1", Stage::common, "pipeline spec not specified");
    refused("type = \"fluxmonitor\"\nschemaVersion = 1\nobservationSource = \"a [type=ethtx]\"",
            Stage::common, "async=true tasks are not supported for fluxmonitor");
    refused("type = \"webhook\"\nschemaVersion = 1\nobservationSource = \"a [type=merge left=<{}>]\"",
            Stage::common, "'<{}>' syntax is not supported. Please use \"{}\" instead");
}

TEST(JobToml, WhatThisVersionDoesNotRun) {
    refused(
        "type = \"cron\"\nschemaVersion = 1\nobservationSource = \"a [type=jsonparse]\"", Stage::unsupported,
        "jobs of type cron are not supported by this version of Baton, which runs directrequest and webhook");
}

TEST(JobToml, TypesThatParseThemselvesNameTheirFault) {
    // Line 3: behind type and schemaVersion.
    const std::string where = "(3, 1): unmarshal text: ";
    refused_with("externalJobID = \"x\"", Stage::common, where + "uuid: incorrect UUID length: x");
    refused_with("externalJobID = \"xeec7e1d-d0d2-476c-a1a8-72dfb6633f46\"", Stage::common,
                 where + "encoding/hex: invalid byte: U+0078 'x'");
    refused_with("maxTaskDuration = 10", Stage::common, where + "time: missing unit in duration \"10\"");
    refused_with("gasLimit = -1", Stage::common, where + "strconv.ParseUint: parsing \"-1\": invalid syntax");
    refused_with("gasLimit = 4294967296", Stage::common,
                 where + "strconv.ParseUint: parsing \"4294967296\": value out of range");
    refused_with(
        "contractAddress = \"0x9e40733cc9df84636505f4e6db28dca0dc5d1bba\"", Stage::type,
        where + "\"0x9e40733cc9df84636505f4e6db28dca0dc5d1bba\" is not a valid EIP55 formatted address");
    refused_with("evmChainID = \"abc\"", Stage::type, where + "unable to convert abc to Big");
    refused_with("minContractPaymentLinkJuels = \"1.5\"", Stage::type,
                 where + "assets: cannot unmarshal \"1.5\" into a *assets.Link");
    refused_with("minIncomingConfirmations = \"many\"", Stage::type,
                 where + "strconv.ParseUint: parsing \"many\": invalid syntax");
    refused_with("requesters = [\"0x12\"]", Stage::type,
                 where + "hex string has length 2, want 40 for Address");
    refused_with("requesters = \"0x12\"", Stage::type,
                 "(3, 1): Can't convert 0x12(string) to models.AddressCollection(slice)");
}

TEST(JobToml, PlainTypesRefuseOtherKinds) {
    refused("type = 5", Stage::common, "(1, 1): Can't convert 5(int64) to job.Type");
    refused("type = \"webhook\"\nschemaVersion = \"1\"", Stage::common,
            "(2, 1): Can't convert 1(string) to uint32");
    refused("type = \"webhook\"\nforwardingAllowed = \"yes\"", Stage::common,
            "(2, 1): Can't convert yes(string) to bool");
}

TEST(JobToml, FaultsOfTheGraphAreFaultsOfDecoding) {
    test::SeededRandom random;
    try {
        read_job_toml("type = \"webhook\"\nschemaVersion = 1\nobservationSource = \"a [type=divinate]\"",
                      random);
        FAIL() << "an unknown task was taken";
    } catch (const JobRefused& refusal) {
        EXPECT_EQ(
            refusal.what(),
            std::string("(3, 1): unmarshal text: UnmarshalTaskFromMap: unknown task type: \"divinate\""));
        EXPECT_TRUE(refusal.stage() == Stage::common);
    }
}

TEST(JobToml, BrokenToml) {
    test::SeededRandom random;
    EXPECT_THROW(read_job_toml("type = \"webhook\nschemaVersion = 1", random), JobRefused);
}

}  // namespace
}  // namespace baton::api

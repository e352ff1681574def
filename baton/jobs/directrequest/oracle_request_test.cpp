#include "baton/jobs/directrequest/oracle_request.hpp"

#include "baton/codec/json.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/crypto/keccak.hpp"

#include <gtest/gtest.h>

namespace baton::jobs {
namespace {

/// Words of 32 bytes, given in hex.
Bytes words(const std::vector<std::string>& all) {
    Bytes data;
    for (const auto& one : all) {
        const auto word = *from_hex(std::string(64 - one.size(), '0') + one);
        data.insert(data.end(), word.begin(), word.end());
    }
    return data;
}

const Uuid job_id = *Uuid::parse("A5AC14E8-7629-4726-B1F1-1AE053FC829E");
const std::string request_id = "c0ffee00000000000000000000000000000000000000000000000000000000ff";

/// As Operator.sol emits it for job_id.
model::Log oracle_request_log() {
    model::Log log;
    log.address = *parse_address("0x00000000000000000000000000000000000000aa");
    log.topics = {oracle_request_topic(), job_topics(job_id).text_form};
    log.data = words({"5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", request_id, "0de0b6b3a7640000",
                      "fb6916095ca1df60bb79ce92ce3ea74c37c5d359",
                      "4ab0d19000000000000000000000000000000000000000000000000000000000", "63a1b2c3", "01",
                      "100", "05", "6367657462000000000000000000000000000000000000000000000000000000"});
    log.block_number = 12;
    log.block_hash.bytes[31] = 12;
    log.tx_hash.bytes[31] = 13;
    log.log_index = 2;
    return log;
}

TEST(OracleRequestTopic, IsTheHashOfItsSignature) {
    EXPECT_EQ(oracle_request_topic(),
              crypto::keccak256(as_bytes(
                  "OracleRequest(bytes32,address,bytes32,uint256,address,bytes4,uint256,uint256,bytes)")));
}

// reference/jobs.md section 3.2
TEST(JobTopics, HaveBothFormsOfTheId) {
    const auto topics = job_topics(job_id);
    EXPECT_EQ(to_0x(topics.bytes_form.view()),
              "0xa5ac14e876294726b1f11ae053fc829e00000000000000000000000000000000");
    EXPECT_EQ(to_0x(topics.text_form.view()),
              "0x6135616331346538373632393437323662316631316165303533666338323965");
}

TEST(JobTopics, MatchTheEventOfTheJobInBothForms) {
    const auto topics = job_topics(job_id);
    auto log = oracle_request_log();
    EXPECT_TRUE(topics.match(log));
    log.topics[1] = topics.bytes_form;
    EXPECT_TRUE(topics.match(log));
    log.topics[1].bytes[31] ^= 1;
    EXPECT_FALSE(topics.match(log)) << "another job";
    log.topics[1] = topics.bytes_form;
    log.topics[0].bytes[0] ^= 1;
    EXPECT_FALSE(topics.match(log)) << "another event";
    log.topics = {oracle_request_topic()};
    EXPECT_FALSE(topics.match(log));
    log.topics.clear();
    EXPECT_FALSE(topics.match(log));
}

TEST(OracleRequest, IsDecodedFromItsLog) {
    const auto request = decode_oracle_request(oracle_request_log());
    ASSERT_TRUE(request);
    EXPECT_EQ(request->spec_id, job_topics(job_id).text_form);
    EXPECT_EQ(to_hex(request->requester.view()), "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
    EXPECT_EQ(to_hex(request->request_id.view()), request_id);
    EXPECT_EQ(request->payment, BigInt("1000000000000000000"));
    EXPECT_EQ(to_hex(request->callback_address.view()), "fb6916095ca1df60bb79ce92ce3ea74c37c5d359");
    EXPECT_EQ(to_hex(request->callback_function), "4ab0d190");
    EXPECT_EQ(request->cancel_expiration, 0x63a1b2c3);
    EXPECT_EQ(request->data_version, 1);
    EXPECT_EQ(as_text(request->data), "cgetb");
}

TEST(OracleRequest, GarbageIsNoRequest) {
    auto log = oracle_request_log();
    log.data.clear();
    EXPECT_FALSE(decode_oracle_request(log)) << "no data at all";
    log.data = Bytes(31, 1);
    EXPECT_FALSE(decode_oracle_request(log));
    log = oracle_request_log();
    log.data.resize(log.data.size() - 64);
    EXPECT_FALSE(decode_oracle_request(log)) << "the data are cut off";
    log = oracle_request_log();
    log.data[7 * 32] = 0xff;
    EXPECT_FALSE(decode_oracle_request(log)) << "the offset leads far beyond the end";
    log = oracle_request_log();
    log.data[8 * 32] = 0xff;
    EXPECT_FALSE(decode_oracle_request(log)) << "the length is absurd";
    log = oracle_request_log();
    log.topics.resize(1);
    EXPECT_FALSE(decode_oracle_request(log)) << "the indexed argument is missing";
}

TEST(Rejection, WhoMayAskIsLookedAtBeforeWhatIsPaid) {
    const auto request = *decode_oracle_request(oracle_request_log());
    const BigInt paid = request.payment;
    model::DirectRequestSpec spec;
    EXPECT_FALSE(rejection(spec, request, paid)) << "everybody may ask, and exactly the minimum is enough";
    EXPECT_EQ(rejection(spec, request, paid + 1), "Rejected run for insufficient payment");
    spec.requesters = {Address{}, request.requester};
    EXPECT_FALSE(rejection(spec, request, paid));
    spec.requesters = {Address{}};
    EXPECT_EQ(rejection(spec, request, paid), "Rejected run for invalid requester");
    EXPECT_EQ(rejection(spec, request, paid + 1), "Rejected run for invalid requester");
}

// reference/jobs.md section 3.3
TEST(RequestVariables, AreTheOnesOfV1) {
    const auto log = oracle_request_log();
    const auto request = *decode_oracle_request(log);
    model::Job job;
    job.id = 42;
    job.external_job_id = job_id;
    job.name = "price";
    model::Head head;
    head.receipts_root.bytes[0] = 1;
    head.transactions_root.bytes[0] = 2;
    head.state_root.bytes[0] = 3;
    auto vars = request_variables(job, log, request, head);
    const auto value = codec::Value::map(std::move(vars));
    const auto text = [&](std::vector<std::string_view> path) {
        const codec::Value* at = &value;
        for (const auto& name : path) {
            const auto* map = at->map_or_null();
            if (!map || map->find(name) == map->end()) return std::string("(missing)");
            at = &map->find(name)->second;
        }
        codec::Map wrapped;
        wrapped["v"] = *at;
        const auto json =
            codec::write_stored_json(codec::Value::map(std::move(wrapped)), crypto::to_checksum);
        return json.substr(5, json.size() - 6);  // without {"v": and }
    };
    EXPECT_EQ(text({"jobSpec", "databaseID"}), "42");
    EXPECT_EQ(text({"jobSpec", "externalJobID"}), "\"0xa5ac14e876294726b1f11ae053fc829e\"");
    const auto& job_spec = *value.map_or_null()->find("jobSpec")->second.map_or_null();
    EXPECT_EQ(codec::write_json(job_spec.find("externalJobID")->second),
              "\"a5ac14e8-7629-4726-b1f1-1ae053fc829e\"")
        << "in requests";
    EXPECT_EQ(text({"jobSpec", "name"}), "\"price\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "specId"}), "\"" + to_0x(log.topics[1].view()) + "\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "requester"}),
              "\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "requestId"}), "\"0x" + request_id + "\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "payment"}), "\"1000000000000000000\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "callbackAddr"}),
              "\"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "callbackFunctionId"}), "\"0x4ab0d190\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "cancelExpiration"}), "\"1671541443\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "dataVersion"}), "\"1\"");
    EXPECT_EQ(text({"jobRun", "meta", "oracleRequest", "data"}), "\"0x6367657462\"");
    EXPECT_EQ(text({"jobRun", "logBlockNumber"}), "12");
    EXPECT_EQ(text({"jobRun", "logBlockHash"}), "\"" + to_0x(log.block_hash.view()) + "\"");
    EXPECT_EQ(text({"jobRun", "logTxHash"}), "\"" + to_0x(log.tx_hash.view()) + "\"");
    EXPECT_EQ(text({"jobRun", "logAddress"}), "\"0x00000000000000000000000000000000000000AA\"");
    EXPECT_EQ(text({"jobRun", "logTopics"}),
              "[\"" + to_0x(log.topics[0].view()) + "\",\"" + to_0x(log.topics[1].view()) + "\"]");
    EXPECT_EQ(text({"jobRun", "logData"}), "\"" + to_0x(log.data) + "\"");
    EXPECT_EQ(text({"jobRun", "blockReceiptsRoot"}), "\"" + to_0x(head.receipts_root.view()) + "\"");
    EXPECT_EQ(text({"jobRun", "blockTransactionsRoot"}), "\"" + to_0x(head.transactions_root.view()) + "\"");
    EXPECT_EQ(text({"jobRun", "blockStateRoot"}), "\"" + to_0x(head.state_root.view()) + "\"");
}

}  // namespace
}  // namespace baton::jobs

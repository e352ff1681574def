#include "baton/jobs/directrequest/oracle_request.hpp"

#include "baton/codec/abi.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/crypto/keccak.hpp"
#include "baton/jobs/run_service.hpp"

#include <algorithm>

namespace baton::jobs {

namespace {

const codec::AbiSignature& event() {
    static const auto signature = codec::parse_abi_signature(
        "OracleRequest(bytes32 indexed specId, address requester, bytes32 requestId, uint256 payment, "
        "address "
        "callbackAddr, bytes4 callbackFunctionId, uint256 cancelExpiration, uint256 dataVersion, bytes data)",
        true);
    return signature;
}

const Bytes& fixed_bytes(const codec::Map& fields, std::string_view name) {
    return fields.find(name)->second.get_if<codec::FixedBytesValue>()->bytes;
}

template <typename T>
const T& field(const codec::Map& fields, std::string_view name) {
    return *fields.find(name)->second.get_if<T>();
}

codec::Value hex_text(BytesView bytes) {
    return codec::Value(to_0x(bytes));
}

codec::Value meta_of(const OracleRequest& request) {
    codec::Map fields;
    fields["specId"] = hex_text(request.spec_id.view());
    fields["requester"] = codec::Value(crypto::to_checksum(request.requester));
    fields["requestId"] = hex_text(request.request_id.view());
    fields["payment"] = codec::Value(to_decimal(request.payment));
    fields["callbackAddr"] = codec::Value(crypto::to_checksum(request.callback_address));
    fields["callbackFunctionId"] = hex_text(request.callback_function);
    fields["cancelExpiration"] = codec::Value(to_decimal(request.cancel_expiration));
    fields["dataVersion"] = codec::Value(to_decimal(request.data_version));
    fields["data"] = hex_text(request.data);
    codec::Map meta;
    meta["oracleRequest"] = codec::Value::map(std::move(fields));
    return codec::Value::map(std::move(meta));
}

}  // namespace

const Hash& oracle_request_topic() {
    static const Hash topic = crypto::keccak256(as_bytes(event().canonical()));
    return topic;
}

bool JobTopics::match(const model::Log& log) const {
    return log.topics.size() >= 2 && log.topics[0] == oracle_request_topic() &&
           (log.topics[1] == bytes_form || log.topics[1] == text_form);
}

JobTopics job_topics(const Uuid& external_job_id) {
    JobTopics topics;
    std::copy(external_job_id.bytes.begin(), external_job_id.bytes.end(), topics.bytes_form.bytes.begin());
    const auto text = external_job_id.to_dashless();
    std::copy(text.begin(), text.end(), topics.text_form.bytes.begin());
    return topics;
}

std::optional<OracleRequest> decode_oracle_request(const model::Log& log) {
    codec::Map fields;
    try {
        fields = codec::abi_decode_log(event().arguments, log.data, log.topics);
    } catch (const codec::AbiError&) {
        return std::nullopt;
    }
    // A log with a right topic and no data decodes to its indexed argument only.
    if (fields.size() != event().arguments.size()) return std::nullopt;
    OracleRequest request;
    request.spec_id = hash_from(fixed_bytes(fields, "specId"));
    request.requester = field<Address>(fields, "requester");
    request.request_id = hash_from(fixed_bytes(fields, "requestId"));
    request.payment = field<BigInt>(fields, "payment");
    request.callback_address = field<Address>(fields, "callbackAddr");
    request.callback_function = fixed_bytes(fields, "callbackFunctionId");
    request.cancel_expiration = field<BigInt>(fields, "cancelExpiration");
    request.data_version = field<BigInt>(fields, "dataVersion");
    request.data = field<Bytes>(fields, "data");
    return request;
}

std::optional<std::string> rejection(const model::DirectRequestSpec& spec, const OracleRequest& request,
                                     const BigInt& minimum_payment) {
    const auto& allowed = spec.requesters;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), request.requester) == allowed.end())
        return "Rejected run for invalid requester";
    if (minimum_payment > request.payment) return "Rejected run for insufficient payment";
    return std::nullopt;
}

codec::Map request_variables(const model::Job& job, const model::Log& log, const OracleRequest& request,
                             const model::Head& head) {
    auto topics = std::make_shared<codec::TypedList>();
    topics->element = "hash";
    for (const auto& topic : log.topics)
        topics->items.emplace_back(topic);
    codec::Map run;
    run["meta"] = meta_of(request);
    run["logBlockHash"] = codec::Value(log.block_hash);
    run["logBlockNumber"] = codec::Value(log.block_number);
    run["logTxHash"] = codec::Value(log.tx_hash);
    run["logAddress"] = codec::Value(log.address);
    run["logTopics"] = codec::Value(std::move(topics));
    run["logData"] = codec::Value(log.data);
    run["blockReceiptsRoot"] = codec::Value(head.receipts_root);
    run["blockTransactionsRoot"] = codec::Value(head.transactions_root);
    run["blockStateRoot"] = codec::Value(head.state_root);
    codec::Map vars;
    vars["jobSpec"] = RunService::job_spec_variables(job);
    vars["jobRun"] = codec::Value::map(std::move(run));
    return vars;
}

}  // namespace baton::jobs

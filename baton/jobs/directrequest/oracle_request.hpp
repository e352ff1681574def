#pragma once

#include "baton/codec/value.hpp"
#include "baton/model/head.hpp"
#include "baton/model/job.hpp"
#include "baton/model/log.hpp"

#include <optional>

namespace baton::jobs {

/// keccak256("OracleRequest(bytes32,address,bytes32,uint256,address,bytes4,uint256,uint256,bytes)")
const Hash& oracle_request_topic();

/// The two forms in which a job's id stands in topic 1 (reference/jobs.md section 3.2): its 16 bytes and 16
/// zero bytes, or the 32 ASCII characters of the dashless form.
struct JobTopics {
    Hash bytes_form;
    Hash text_form;
    bool match(const model::Log& log) const;
};
JobTopics job_topics(const Uuid& external_job_id);

/// A decoded OracleRequest event.
struct OracleRequest {
    Hash spec_id;
    Address requester;
    Hash request_id;
    BigInt payment;
    Address callback_address;
    Bytes callback_function;  // 4 bytes
    BigInt cancel_expiration;
    BigInt data_version;
    Bytes data;
};
/// Nothing when the log's data is no such event: such a log belongs to no request and is passed over.
std::optional<OracleRequest> decode_oracle_request(const model::Log& log);

/// Why a request is consumed without a run; nothing when it is to be run. `minimum_payment` in juels.
std::optional<std::string> rejection(const model::DirectRequestSpec& spec, const OracleRequest& request,
                                     const BigInt& minimum_payment);

/// jobSpec and jobRun of reference/jobs.md section 3.3. `head` is the latest one at the time of the run.
codec::Map request_variables(const model::Job& job, const model::Log& log, const OracleRequest& request,
                             const model::Head& head);

}  // namespace baton::jobs

#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/base/bytes.hpp"
#include "baton/model/contract_call.hpp"
#include "baton/model/head.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace baton::pipeline {

/// Why a chain gave no answer.
struct ChainFault {
    /// What becomes the task's error.
    std::string text;
    /// The error object that the endpoint answered with; 0 when it could not be asked.
    std::int64_t code = 0;
    std::string message;
    std::optional<std::string> data;
};
template <typename T>
using ChainAnswer = std::variant<T, ChainFault>;

/// What tasks ask of one chain. Nothing but Cancelled is thrown. Loop thread only.
class ChainReader {
  public:
    virtual ~ChainReader() = default;
    /// eth_call at latest.
    virtual async::Task<ChainAnswer<Bytes>> call(model::ContractCall call, async::Deadline deadline) = 0;
    /// eth_estimateGas.
    virtual async::Task<ChainAnswer<std::uint64_t>> estimate_gas(model::ContractCall call,
                                                                 async::Deadline deadline) = 0;
    /// The head that the node follows; the endpoint is asked only before the first one came.
    virtual async::Task<ChainAnswer<model::Head>> latest_head(async::Deadline deadline) = 0;
};

}  // namespace baton::pipeline

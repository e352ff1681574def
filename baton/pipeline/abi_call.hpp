#pragma once

#include "baton/codec/abi.hpp"
#include "baton/pipeline/task.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace baton::pipeline {

/// The signature of ethabiencode or ethabiencode2 with its selector, or why there is none.
struct CallSignature : Prepared {
    std::optional<Failure> fault;
    codec::AbiSignature signature;
    /// Empty for a signature without a name.
    Bytes selector;
};

/// Parses the literal `abi` attribute; nullptr when that is blank. `parse` may throw codec::AbiError and
/// codec::JsonError.
std::shared_ptr<const Prepared> prepare_call(
    const Task& task, const std::function<codec::AbiSignature(const std::string&)>& parse);

/// Both tasks: parameters `abi` and `data`, conversion, encoding, as 0x hex text. Throws TaskAbort.
TaskResult encode_call(const TaskContext& context);

}  // namespace baton::pipeline

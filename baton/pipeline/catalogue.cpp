#include "baton/pipeline/catalogue.hpp"

#include "baton/pipeline/tasks.hpp"

#include <algorithm>
#include <vector>

namespace baton::pipeline {

namespace {

using Attributes = std::vector<TaskType::AttributeType>;

constexpr bool json = true;

TaskType known(std::string_view name, Attributes attributes) {
    TaskType type;
    type.name = name;
    type.recorded = name;
    type.attributes = std::move(attributes);
    return type;
}

TaskType pure(std::string_view name, Attributes attributes, TaskResult (*run)(const TaskContext&),
              std::shared_ptr<const Prepared> (*prepare)(const Task&) = nullptr) {
    TaskType type = known(name, std::move(attributes));
    type.run = run;
    type.prepare = prepare;
    return type;
}

TaskType waiting(std::string_view name, Attributes attributes, async::Task<TaskResult> (*run)(TaskContext)) {
    TaskType type = known(name, std::move(attributes));
    type.run_async = run;
    return type;
}

/// v1.11.0 records two types under another's name (section 19.0).
TaskType recorded_as(TaskType type, std::string_view recorded) {
    type.recorded = recorded;
    return type;
}

const Attributes vrf_attributes{{"publicKey"}, {"requestBlockHash"}, {"requestBlockNumber"}, {"topics"}};
const Attributes values_attributes{{"values", json}, {"allowedFaults"}};

std::vector<TaskType> make_types() {
    std::vector<TaskType> types;
    types.push_back(known("any", {}));
    types.push_back(known("base64decode", {{"input"}}));
    types.push_back(recorded_as(known("base64encode", {{"input"}}), "base64decode"));
    types.push_back(
        known("bridge", {{"name"}, {"requestData", json}, {"includeInputAtKey"}, {"async"}, {"cacheTTL"}}));
    types.push_back(pure("cborparse", {{"data"}, {"mode"}}, run_cborparse));
    types.push_back(known("conditional", {{"data"}}));
    types.push_back(known("divide", {{"input"}, {"divisor"}, {"precision"}}));
    types.push_back(known("estimategaslimit", {{"from"}, {"to"}, {"multiplier"}, {"data"}, {"evmChainID"}}));
    types.push_back(known("ethabidecode", {{"abi"}, {"data"}}));
    types.push_back(pure("ethabidecodelog", {{"abi"}, {"data"}, {"topics"}}, run_ethabidecodelog,
                         prepare_ethabidecodelog));
    types.push_back(pure("ethabiencode", {{"abi"}, {"data", json}}, run_ethabiencode, prepare_ethabiencode));
    types.push_back(recorded_as(known("ethabiencode2", {{"abi"}, {"data", json}}), "ethabiencode"));
    types.push_back(known("ethcall", {{"contract"},
                                      {"from"},
                                      {"data", json},
                                      {"gas"},
                                      {"gasPrice"},
                                      {"gasTipCap"},
                                      {"gasFeeCap"},
                                      {"gasUnlimited"},
                                      {"extractRevertReason"},
                                      {"evmChainID"}}));
    types.push_back(known("ethgetblock", {{"evmChainID"}}));
    types.push_back(pure("ethtx",
                         {{"from", json},
                          {"to"},
                          {"data"},
                          {"gasLimit"},
                          {"txMeta", json},
                          {"minConfirmations"},
                          {"failOnRevert"},
                          {"evmChainID"},
                          {"transmitChecker", json}},
                         run_ethtx));
    types.push_back(known("fail", {{"msg"}}));
    types.push_back(known("hexdecode", {{"input"}}));
    types.push_back(known("hexencode", {{"input"}}));
    types.push_back(waiting(
        "http", {{"method"}, {"url"}, {"requestData", json}, {"allowUnrestrictedNetworkAccess"}, {"headers"}},
        run_http));
    types.push_back(pure("jsonparse", {{"path"}, {"separator"}, {"data"}, {"lax"}}, run_jsonparse));
    types.push_back(known("length", {{"input"}}));
    types.push_back(known("lessthan", {{"left"}, {"right"}}));
    types.push_back(known("lookup", {{"key"}}));
    types.push_back(known("lowercase", {{"input"}}));
    types.push_back(known("mean", {{"values", json}, {"allowedFaults"}, {"precision"}}));
    types.push_back(known("median", values_attributes));
    types.push_back(known("memo", {{"value", json}}));
    types.push_back(known("merge", {{"left", json}, {"right", json}}));
    types.push_back(known("mode", values_attributes));
    types.push_back(pure("multiply", {{"input"}, {"times"}}, run_multiply));
    types.push_back(known("panic", {{"msg"}}));
    types.push_back(known("sum", values_attributes));
    types.push_back(known("uppercase", {{"input"}}));
    types.push_back(known("vrf", vrf_attributes));
    types.push_back(known("vrfv2", vrf_attributes));
    return types;
}

}  // namespace

std::span<const TaskType> task_types() {
    static const std::vector<TaskType> types = make_types();
    return types;
}

const TaskType* find_task_type(std::string_view name) {
    const auto types = task_types();
    const auto found = std::ranges::find(types, name, &TaskType::name);
    return found == types.end() ? nullptr : &*found;
}

}  // namespace baton::pipeline

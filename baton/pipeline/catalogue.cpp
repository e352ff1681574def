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
    types.push_back(pure("any", {}, run_any));
    types.push_back(pure("base64decode", {{"input"}}, run_base64decode));
    types.push_back(recorded_as(pure("base64encode", {{"input"}}, run_base64encode), "base64decode"));
    types.push_back(waiting("bridge",
                            {{"name"}, {"requestData", json}, {"includeInputAtKey"}, {"async"}, {"cacheTTL"}},
                            run_bridge));
    types.push_back(pure("cborparse", {{"data"}, {"mode"}}, run_cborparse));
    types.push_back(pure("conditional", {{"data"}}, run_conditional));
    types.push_back(pure("divide", {{"input"}, {"divisor"}, {"precision"}}, run_divide));
    types.push_back(waiting("estimategaslimit", {{"from"}, {"to"}, {"multiplier"}, {"data"}, {"evmChainID"}},
                            run_estimategaslimit));
    types.push_back(pure("ethabidecode", {{"abi"}, {"data"}}, run_ethabidecode));
    types.push_back(pure("ethabidecodelog", {{"abi"}, {"data"}, {"topics"}}, run_ethabidecodelog,
                         prepare_ethabidecodelog));
    types.push_back(pure("ethabiencode", {{"abi"}, {"data", json}}, run_ethabiencode, prepare_ethabiencode));
    types.push_back(recorded_as(
        pure("ethabiencode2", {{"abi"}, {"data", json}}, run_ethabiencode2, prepare_ethabiencode2),
        "ethabiencode"));
    types.push_back(waiting("ethcall",
                            {{"contract"},
                             {"from"},
                             {"data", json},
                             {"gas"},
                             {"gasPrice"},
                             {"gasTipCap"},
                             {"gasFeeCap"},
                             {"gasUnlimited"},
                             {"extractRevertReason"},
                             {"evmChainID"}},
                            run_ethcall));
    types.push_back(waiting("ethgetblock", {{"evmChainID"}}, run_ethgetblock));
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
    types.push_back(pure("fail", {{"msg"}}, run_fail));
    types.push_back(pure("hexdecode", {{"input"}}, run_hexdecode));
    types.push_back(pure("hexencode", {{"input"}}, run_hexencode));
    types.push_back(waiting(
        "http", {{"method"}, {"url"}, {"requestData", json}, {"allowUnrestrictedNetworkAccess"}, {"headers"}},
        run_http));
    types.push_back(pure("jsonparse", {{"path"}, {"separator"}, {"data"}, {"lax"}}, run_jsonparse));
    types.push_back(pure("length", {{"input"}}, run_length));
    types.push_back(pure("lessthan", {{"left"}, {"right"}}, run_lessthan));
    types.push_back(pure("lookup", {{"key"}}, run_lookup));
    types.push_back(pure("lowercase", {{"input"}}, run_lowercase));
    types.push_back(pure("mean", {{"values", json}, {"allowedFaults"}, {"precision"}}, run_mean));
    types.push_back(pure("median", values_attributes, run_median));
    types.push_back(pure("memo", {{"value", json}}, run_memo));
    types.push_back(pure("merge", {{"left", json}, {"right", json}}, run_merge));
    types.push_back(pure("mode", values_attributes, run_mode));
    types.push_back(pure("multiply", {{"input"}, {"times"}}, run_multiply));
    types.push_back(pure("panic", {{"msg"}}, run_panic));
    types.push_back(pure("sum", values_attributes, run_sum));
    types.push_back(pure("uppercase", {{"input"}}, run_uppercase));
    types.push_back(pure("vrf", vrf_attributes, run_vrf));
    types.push_back(pure("vrfv2", vrf_attributes, run_vrfv2));
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

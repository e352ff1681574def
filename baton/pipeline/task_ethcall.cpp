#include "baton/pipeline/chain_choice.hpp"
#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/go_text.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

const std::string call_time = "pipeline_task_eth_call_execution_time";

struct Wanted {
    ChainReader* reader = nullptr;
    model::ContractCall call;
};

Result<Wanted> read_params(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return *refused;
    Params params(context);
    Wanted wanted;
    model::ContractCall& call = wanted.call;
    call.to = params.get({"contract", {Getter::var, Getter::text}}, to_address);
    call.from = params.get({"from", {Getter::var, Getter::text}, Value(Address{})}, to_address);
    call.data = params.get({"data", {Getter::var, Getter::json}}, to_bytes_param).copy();
    const std::uint64_t gas =
        params.get({"gas", {Getter::var, Getter::text}, Value(std::uint64_t{0})}, to_uint64);
    call.gas_price = params.get({"gasPrice", {Getter::var, Getter::raw}}, to_maybe_big_int);
    call.gas_tip_cap = params.get({"gasTipCap", {Getter::var, Getter::raw}}, to_maybe_big_int);
    call.gas_fee_cap = params.get({"gasFeeCap", {Getter::var, Getter::raw}}, to_maybe_big_int);
    const std::string chain_id = params.get({"evmChainID", {Getter::var, Getter::text}, Value("")}, to_text);
    const bool unlimited = params.get({"gasUnlimited", {Getter::var, Getter::text}, Value(false)}, to_bool);
    if (params.failed()) return params.failure_text();
    if (call.data.empty()) return bad_input("data param must not be empty");
    Environment& environment = context.run.environment;
    const auto chain = choose_chain(environment, chain_id, context.run.job_type);
    if (!chain) return chain.error();
    if (unlimited && gas > 0) return bad_input("gas must be zero when gasUnlimited is true");
    if (!unlimited) {
        // v1.11.0 cuts what is asked for to 32 bits.
        call.gas =
            gas > 0 ? static_cast<std::uint32_t>(gas) : choose_gas_limit(*chain, context.run.job_gas_limit);
    }
    const auto reader = choose_reader(environment, *chain);
    if (!reader) return reader.error();
    wanted.reader = *reader;
    return wanted;
}

bool extracts_reason(const Task& task) {
    const Attribute* const written = task.attribute("extractRevertReason");
    if (written == nullptr) return false;
    const auto flag = parse_bool(written->text);
    return flag && *flag;
}

std::string error_text(const ChainFault& fault, bool extract) {
    if (!extract || fault.code == 0) return fault.text;
    if (!fault.message.empty()) return fault.message;
    return "json-rpc error { Code = " + std::to_string(fault.code) + ", Data = '" +
           fault.data.value_or("<nil>") + "' }";
}

}  // namespace

async::Task<TaskResult> run_ethcall(TaskContext context) {
    Result<Wanted> wanted = read_params(context);
    if (!wanted) co_return TaskResult::failed(wanted.error());
    const auto began = BootClock::now();
    ChainAnswer<Bytes> answer = co_await wanted->reader->call(std::move(wanted->call), context.deadline);
    if (const auto* fault = std::get_if<ChainFault>(&answer)) {
        co_return TaskResult::failed({error_text(*fault, extracts_reason(context.task))}, true);
    }
    const auto took = BootClock::now() - began;
    MetricLabels labels;
    labels.emplace("pipeline_task_spec_id", context.task.dot_id);
    context.run.metrics.set(call_time, static_cast<double>(std::chrono::nanoseconds(took).count()), labels);
    co_return TaskResult::success(std::get<Bytes>(std::move(answer)));
}

}  // namespace baton::pipeline

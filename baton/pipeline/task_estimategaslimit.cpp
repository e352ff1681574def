#include "baton/pipeline/chain_choice.hpp"
#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <algorithm>
#include <stdexcept>

namespace baton::pipeline {

using codec::Value;

namespace {

/// The estimate times the multiplier, cut to 32 bits, at most `limit`.
TaskResult apply(std::uint64_t estimate, const Decimal& multiplier, std::uint32_t limit) {
    BigInt gas;
    try {
        gas = (Decimal(BigInt(estimate)) * multiplier).truncate();
    } catch (const std::overflow_error& error) {
        return TaskResult::failed({error.what()}, true);
    }
    if (gas < 0 || gas > UINT64_MAX) return TaskResult::failed({"Invalid multiplier"}, true);
    const auto cut = static_cast<std::uint32_t>(static_cast<std::uint64_t>(gas));
    return TaskResult::success(std::min(cut, limit));
}

}  // namespace

async::Task<TaskResult> run_estimategaslimit(TaskContext context) {
    Params params(context);
    model::ContractCall call;
    call.from = params.get({"from", {Getter::var}, Value(Address{})}, to_address);
    call.to = params.get({"to", {Getter::var, Getter::text}}, to_address);
    call.data = params.get({"data", {Getter::var, Getter::text}}, to_bytes_param).copy();
    const Decimal multiplier =
        params.get({"multiplier", {Getter::var, Getter::text}, Value(Decimal(BigInt(1)))}, to_decimal_param);
    if (params.failed()) co_return params.result();
    Environment& environment = context.run.environment;
    const Attribute* const written = context.task.attribute("evmChainID");
    const std::string chain_id = written == nullptr ? std::string() : written->text;
    const auto chain = choose_chain(environment, chain_id, context.run.job_type);
    if (!chain) co_return TaskResult::failed(chain.error(), true);
    const std::uint32_t limit = choose_gas_limit(*chain, context.run.job_gas_limit);
    const auto reader = choose_reader(environment, *chain);
    if (!reader) co_return TaskResult::failed(reader.error(), true);
    const ChainAnswer<std::uint64_t> answer =
        co_await (*reader)->estimate_gas(std::move(call), context.deadline);
    if (const auto* fault = std::get_if<ChainFault>(&answer)) {
        context.run.log.warn("gas could not be estimated, the configured limit is used",
                             {{"reason", fault->text}, {"limit", std::to_string(limit)}});
        co_return TaskResult::success(limit);
    }
    co_return apply(std::get<std::uint64_t>(answer), multiplier, limit);
}

}  // namespace baton::pipeline

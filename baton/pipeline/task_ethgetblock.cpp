#include "baton/pipeline/chain_choice.hpp"
#include "baton/pipeline/chain_reader.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"
#include "baton/pipeline/wei_text.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

Result<ChainReader*> find_reader(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return *refused;
    Params params(context);
    const std::string chain_id = params.get({"evmChainID", {Getter::var, Getter::text}, Value("")}, to_text);
    if (params.failed()) return params.failure_text();
    Environment& environment = context.run.environment;
    const auto chain = choose_chain(environment, chain_id, context.run.job_type);
    if (!chain) return chain.error();
    return choose_reader(environment, *chain);
}

Value block_of(const model::Head& head) {
    Value fee;
    if (head.base_fee_per_gas) fee = Value(wei_text(*head.base_fee_per_gas));
    return Value::map({{"number", static_cast<std::int64_t>(head.number)},
                       {"hash", head.hash},
                       {"parentHash", head.parent_hash},
                       {"timestamp", head.timestamp},
                       {"baseFeePerGas", std::move(fee)},
                       {"receiptsRoot", head.receipts_root},
                       {"transactionsRoot", head.transactions_root},
                       {"stateRoot", head.state_root}});
}

}  // namespace

async::Task<TaskResult> run_ethgetblock(TaskContext context) {
    const Result<ChainReader*> reader = find_reader(context);
    if (!reader) co_return TaskResult::failed(reader.error());
    const ChainAnswer<model::Head> answer = co_await (*reader)->latest_head(context.deadline);
    if (const auto* fault = std::get_if<ChainFault>(&answer)) co_return TaskResult::failed({fault->text});
    co_return TaskResult::success(block_of(std::get<model::Head>(answer)));
}

}  // namespace baton::pipeline

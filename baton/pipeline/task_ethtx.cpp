#include "baton/pipeline/chain_choice.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

/// The job's id, when the variables went through the database: only then it is an int64 (section 14.1).
std::optional<std::int32_t> stored_job_id(const codec::Map& vars) {
    static const Keypath path("jobSpec.databaseID");
    const auto found = path.find(vars);
    if (!found) return std::nullopt;
    const std::int64_t* id = (*found)->get_if<std::int64_t>();
    if (id == nullptr) return std::nullopt;
    return static_cast<std::int32_t>(*id);
}

struct Wanted {
    std::optional<std::vector<Address>> from;
    Address to;
    Bytes data;
    std::uint64_t gas_limit = 0;
    std::shared_ptr<codec::Map> meta;
    std::uint64_t min_confirmations = 0;
    bool fail_on_revert = false;
    std::shared_ptr<codec::Map> checker;
};

Result<Wanted> read_params(const TaskContext& context, const Environment::Chain& chain) {
    Params params(context);
    Wanted wanted;
    const std::uint64_t gas_limit = choose_gas_limit(chain, context.run.job_gas_limit);
    wanted.from = params.get({"from", {Getter::var, Getter::json, Getter::text}, Value()}, to_addresses);
    wanted.to = params.get({"to", {Getter::var, Getter::text}}, to_address);
    wanted.data = params.get({"data", {Getter::var, Getter::text}}, to_bytes_param).copy();
    wanted.gas_limit = params.get({"gasLimit", {Getter::var, Getter::text}, Value(gas_limit)}, to_uint64);
    wanted.meta = params.get({"txMeta", {Getter::var, Getter::json}, Value::map({})}, to_map);
    const auto confirmations = params.get({"minConfirmations", {Getter::raw}}, to_maybe_uint64);
    wanted.min_confirmations = confirmations.value_or(chain.finality_depth);
    wanted.checker = params.get({"transmitChecker", {Getter::var, Getter::json}, Value::map({})}, to_map);
    wanted.fail_on_revert = params.get({"failOnRevert", {Getter::text}, Value(false)}, to_bool);
    if (params.failed()) return params.failure_text();
    return wanted;
}

TaskResult queue(const TaskContext& context, const Environment::Chain& chain, Wanted wanted,
                 TransactionDraft draft) {
    Environment& environment = context.run.environment;
    model::NewTransaction& transaction = draft.transaction;
    try {
        transaction.from = environment.next_key(chain.id, wanted.from.value_or(std::vector<Address>()));
    } catch (const Error& error) {
        return TaskResult::failed(failure("while querying keystore: ETHTxTask failed to get fromAddress: " +
                                              std::string(error.what()),
                                          sentinel::task_run_failed),
                                  true);
    }
    if (context.run.forwarding_allowed) draft.forwarder = environment.forwarder(chain.id, transaction.from);
    transaction.chain_id = chain.id;
    transaction.to = wanted.to;
    transaction.payload = std::move(wanted.data);
    transaction.gas_limit = static_cast<std::uint32_t>(wanted.gas_limit);
    transaction.task_id = context.task_run_id;
    TaskResult result = TaskResult::success(Value());
    if (wanted.min_confirmations > 0) {
        transaction.min_confirmations = static_cast<std::uint32_t>(wanted.min_confirmations);
        result.pending = true;
    }
    result.transaction = std::move(draft);
    return result;
}

}  // namespace

TaskResult run_ethtx(const TaskContext& context) {
    Params chain_params(context);
    const std::string chain_id =
        chain_params.get({"evmChainID", {Getter::var, Getter::text}, Value("")}, to_text);
    if (chain_params.failed()) return chain_params.result();
    const auto chain = choose_chain(context.run.environment, chain_id, context.run.job_type);
    if (!chain) {
        const Attribute* const written = context.task.attribute("evmChainID");
        const std::string text = written == nullptr ? std::string() : written->text;
        return TaskResult::failed(failure("failed to get chain by id: " + text, chain.error().text), true);
    }
    if (auto refused = check_inputs(context.inputs, -1, -1)) return TaskResult::failed(std::move(*refused));
    auto wanted = read_params(context, *chain);
    if (!wanted) return TaskResult::failed(wanted.error());
    auto meta = decode_tx_meta(wanted->meta.get());
    if (!meta) return TaskResult::failed(meta.error());
    auto checker = decode_transmit_checker(wanted->checker.get());
    if (!checker) return TaskResult::failed(checker.error());
    meta->fail_on_revert = wanted->fail_on_revert;
    if (const auto job_id = stored_job_id(context.vars)) meta->job_id = job_id;
    TransactionDraft draft;
    draft.meta = std::move(*meta);
    draft.transaction.transmit_checker = std::move(*checker);
    return queue(context, *chain, std::move(*wanted), std::move(draft));
}

model::NewTransaction finish(TransactionDraft draft) {
    model::NewTransaction transaction = std::move(draft.transaction);
    if (draft.forwarder) {
        draft.meta.forwarder_dest_address = transaction.to;
        transaction.payload = forwarded_call(transaction.to, transaction.payload);
        transaction.to = *draft.forwarder;
    }
    transaction.meta = draft.meta.to_json();
    return transaction;
}

Bytes forwarded_call(const Address& to, BytesView payload) {
    constexpr std::size_t word = 32;
    // forward(address,bytes)
    Bytes call{0x6f, 0xad, 0xcf, 0x72};
    const auto append_number = [&](std::size_t number) {
        const Bytes bytes = to_big_endian(BigInt(number), word);
        call.insert(call.end(), bytes.begin(), bytes.end());
    };
    call.insert(call.end(), word - Address::size(), 0);
    call.insert(call.end(), to.bytes.begin(), to.bytes.end());
    append_number(2 * word);
    append_number(payload.size());
    call.insert(call.end(), payload.begin(), payload.end());
    call.insert(call.end(), (word - payload.size() % word) % word, 0);
    return call;
}

}  // namespace baton::pipeline

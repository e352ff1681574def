#include "baton/codec/json.hpp"
#include "baton/codec/vector_value.hpp"
#include "baton/pipeline/catalogue.hpp"
#include "baton/pipeline/graph.hpp"
#include "vector_groups.hpp"

#include <algorithm>

namespace baton::compat {

using codec::Value;

namespace {

const Uuid task_run_id = *Uuid::parse("9c0e0ecc-4a7b-4d4b-9d2e-3f0f2b6c1a11");

pipeline::Task make_task(const VectorCase& vector) {
    codec::DotNode node;
    node.dot_id = "t";
    node.attributes.emplace_back("type", vector.task);
    if (const Value* params = codec::member(vector.json, "params")) {
        for (const auto& [name, value] : *params->map_or_null()) {
            node.attributes.emplace_back(name, plain_text(value));
        }
    }
    return pipeline::decode_task(node, 0);
}

pipeline::TaskResult run_task(const pipeline::TaskContext& context, VectorWorld& world) {
    const pipeline::TaskType& type = *context.task.type;
    try {
        if (type.run != nullptr) return type.run(context);
        return world.loop.run_until_done(type.run_async(context));
    } catch (const pipeline::TaskAbort& abort) {
        return pipeline::TaskResult::failed(
            {"goroutine panicked when executing run: " + std::string(abort.what())});
    }
}

std::string address_text(const Address& address) {
    return to_0x(address.view());
}

void check_candidates(Checks& checks, const Value& expected, const StubEnvironment& environment) {
    const auto& actual = environment.candidates();
    codec::List list;
    for (const Address& address : actual.value_or(std::vector<Address>()))
        list.emplace_back(address_text(address));
    const Value got = list.empty() ? Value() : Value::list(std::move(list));
    checks.equal("keystore_candidates", codec::write_json(got), codec::write_json(expected));
    if (!actual) checks.fail("no key was asked for");
}

void check_transaction(Checks& checks, const Value& expected,
                       const std::optional<pipeline::TransactionDraft>& draft) {
    if (!draft) return checks.fail("no transaction was made");
    const model::NewTransaction& tx = draft->transaction;
    codec::Map got{
        {"checker_json", tx.transmit_checker},
        {"data", to_0x(tx.payload)},
        {"forwarder", address_text(draft->forwarder.value_or(Address{}))},
        {"from", address_text(tx.from)},
        {"gasLimit", std::to_string(tx.gas_limit)},
        // Baton records the task's id always; v1.11.0 only for transactions that are waited for.
        {"hasPipelineTaskRunID", tx.min_confirmations.has_value()},
        {"meta_json", draft->meta.to_json()},
        {"minConfirmations", tx.min_confirmations ? Value(std::to_string(*tx.min_confirmations)) : Value()},
        {"to", address_text(tx.to)},
    };
    for (const auto& [name, value] : *expected.map_or_null()) {
        const auto member = got.find(name);
        checks.equal("tx." + name, member == got.end() ? "(absent)" : codec::write_json(member->second),
                     codec::write_json(value));
    }
    checks.equal("task id", tx.task_id.to_string(), task_run_id.to_string());
}

/// The stub of a chain set that the cases were made with is shorter about it.
pipeline::TaskResult in_words_of_the_stub(pipeline::TaskResult result) {
    const auto* error = result.value.error_or_null();
    if (error != nullptr && error->text.ends_with("no EVM chains loaded"))
        return pipeline::TaskResult::failed({"no default chain"}, result.retryable);
    return result;
}

Value call_value(const model::ContractCall& call, bool with_gas) {
    codec::Map members{
        {"data", to_0x(call.data)}, {"from", address_text(call.from)}, {"to", address_text(call.to)}};
    if (with_gas) {
        const auto number = [](const std::optional<BigInt>& value) {
            return value ? Value(to_decimal(*value)) : Value();
        };
        members.emplace("gas", std::to_string(call.gas));
        members.emplace("gasPrice", number(call.gas_price));
        members.emplace("gasTipCap", number(call.gas_tip_cap));
        members.emplace("gasFeeCap", number(call.gas_fee_cap));
    }
    return Value::map(std::move(members));
}

void check_call(Checks& checks, const std::string& name, const Value& expected,
                const std::optional<model::ContractCall>& call) {
    if (!call) return checks.fail(name + " was not called");
    checks.equal(name, codec::write_json(call_value(*call, name == "eth_call")), codec::write_json(expected));
}

void check_chain_calls(Checks& checks, const StubEnvironment& environment,
                       const pipeline::TaskResult& result) {
    const Value* expected = checks.vector().expect("chain_calls");
    if (expected == nullptr) return;
    for (const auto& [name, value] : *expected->map_or_null()) {
        if (name == "keystore_candidates") {
            check_candidates(checks, value, environment);
        } else if (name == "eth_call") {
            check_call(checks, name, value, environment.chain_calls().called());
        } else if (name == "eth_estimateGas") {
            check_call(checks, name, value, environment.chain_calls().estimated());
        } else if (name == "tx") {
            check_transaction(checks, value, result.transaction);
        } else {
            checks.fail("cannot check chain call " + name);
        }
    }
}

codec::Map header_map(const net::Request& request) {
    codec::Map headers;
    for (const auto& [name, value] : request.headers) {
        if (net::equal_ignoring_case(name, "User-Agent") || net::equal_ignoring_case(name, "Host")) continue;
        headers.insert_or_assign(name, value);
    }
    return headers;
}

}  // namespace

void check_requests(Checks& checks, const StubServer& server) {
    const Value* expected = checks.vector().expect("requests");
    const std::size_t count = expected == nullptr ? 0 : expected->list_or_null()->size();
    checks.equal("number of requests", std::to_string(server.requests().size()), std::to_string(count));
    for (std::size_t i = 0; i < std::min(count, server.requests().size()); ++i) {
        const net::Request& request = server.requests()[i];
        const Value got = Value::map({{"body", request.body},
                                      {"headers", Value::map(header_map(request))},
                                      {"method", request.method},
                                      {"uri", request.target}});
        checks.equal("request", codec::write_json(got), codec::write_json((*expected->list_or_null())[i]));
    }
}

bool run_task_case(const VectorCase& vector, Checks& checks, VectorWorld& world) {
    if (pipeline::find_task_type(vector.task) == nullptr) return false;
    world.server.prepare(vector);
    StubEnvironment environment(vector, world.http);
    const pipeline::Task task = make_task(vector);
    const codec::Map vars = vector.vars();
    const std::vector<Value> inputs = vector.inputs();
    std::vector<const Value*> pointers;
    for (const Value& input : inputs)
        pointers.push_back(&input);
    const pipeline::RunContext run{environment,
                                   Metrics::none(),
                                   Random::system(),
                                   Logger(),
                                   environment.job_type(),
                                   environment.job_gas_limit(),
                                   environment.forwarding_allowed()};
    const pipeline::TaskContext context{task, run, vars, pointers, task_run_id, async::Deadline()};
    const pipeline::TaskResult result = in_words_of_the_stub(run_task(context, world));
    checks.outcome(result.value);
    checks.flag("retryable", result.retryable);
    checks.flag("pending", result.pending);
    check_requests(checks, world.server);
    check_chain_calls(checks, environment, result);
    codec::List kept;
    for (const std::string& answer : environment.kept_answers())
        kept.emplace_back(answer);
    if (const Value* expected = vector.expect("cache_store")) {
        checks.same("cache_store", Value::list(std::move(kept)), codec::read_vector_value(*expected));
    } else if (!kept.empty()) {
        checks.fail("an answer was kept");
    }
    if (const Value* after = vector.expect("vars_after")) {
        checks.same("vars_after", Value::map(vars), codec::read_vector_value(*after));
    }
    return true;
}

}  // namespace baton::compat

#include "baton/codec/json.hpp"
#include "baton/codec/vector_value.hpp"
#include "baton/pipeline/catalogue.hpp"
#include "baton/pipeline/execution.hpp"
#include "baton/pipeline/graph.hpp"
#include "baton/pipeline/run_texts.hpp"
#include "vector_groups.hpp"

#include <algorithm>

namespace baton::compat {

using codec::Value;
using State = pipeline::Scheduler::Slot::State;

namespace {

Value describe_attributes(const pipeline::Task& task) {
    codec::Map attributes;
    for (const pipeline::Attribute& attribute : task.attributes) {
        // The only one that is decoded when the graph is parsed.
        const bool flag = attribute.name == "extractRevertReason";
        attributes.emplace(attribute.name, flag ? Value(attribute.text == "true") : Value(attribute.text));
    }
    return Value::map(std::move(attributes));
}

Value describe_task(const pipeline::Graph& graph, const pipeline::Task& task) {
    codec::List inputs;
    for (const pipeline::Task::Input& input : task.inputs) {
        inputs.push_back(
            Value::map({{"from", graph.tasks()[input.from].dot_id}, {"propagate", input.propagate}}));
    }
    codec::List outputs;
    for (const std::size_t id : task.outputs)
        outputs.emplace_back(graph.tasks()[id].dot_id);
    codec::Map described{
        {"id", static_cast<std::int64_t>(task.id)},
        {"dot_id", task.dot_id},
        {"type", task.type->name},
        {"index", task.index},
        {"attrs", describe_attributes(task)},
        {"inputs", Value::list(std::move(inputs))},
        {"outputs", Value::list(std::move(outputs))},
        {"failEarly", task.fail_early},
        {"retries", task.retries},
        {"minBackoff", to_go_duration(task.min_backoff)},
        {"maxBackoff", to_go_duration(task.max_backoff)},
    };
    if (task.timeout) described.emplace("timeout", to_go_duration(*task.timeout));
    if (task.type->recorded != task.type->name) described.emplace("recorded_type", task.type->recorded);
    return Value::map(std::move(described));
}

std::string pipeline_text(const VectorCase& vector) {
    return codec::string_or(vector.json, "pipeline");
}

void run_parse(const VectorCase& vector, Checks& checks) {
    std::optional<pipeline::Graph> graph;
    try {
        graph.emplace(pipeline_text(vector));
    } catch (const InvalidInput& error) {
        return checks.error(error.what());
    }
    if (vector.expect("error_contains") != nullptr) return checks.fail("no error");
    codec::List tasks;
    for (const pipeline::Task& task : graph->tasks())
        tasks.push_back(describe_task(*graph, task));
    checks.member("tasks", codec::write_json(Value::list(std::move(tasks))));
    checks.member("requires_pre_insert", graph->requires_pre_insert() ? "true" : "false");
}

codec::List sorted_errors(const std::optional<std::string>& json) {
    codec::List errors;
    if (json) errors = *codec::read_json(*json).list_or_null();
    std::ranges::sort(errors, {}, [](const Value& error) { return *error.text_or_null(); });
    return errors;
}

void check_outputs(const VectorCase& vector, Checks& checks, const pipeline::Scheduler& scheduler) {
    std::vector<std::size_t> terminal;
    for (const pipeline::Task& task : scheduler.graph().tasks()) {
        if (task.outputs.empty()) terminal.push_back(task.id);
    }
    std::ranges::stable_sort(terminal, {},
                             [&](std::size_t id) { return scheduler.graph().tasks()[id].index; });
    codec::List outputs;
    for (const std::size_t id : terminal) {
        const Value& value = scheduler.slots()[id].value;
        outputs.push_back(value.error_or_null() != nullptr ? Value() : value);
    }
    if (const Value* expected = vector.expect("outputs")) {
        checks.same("outputs", Value::list(outputs), codec::read_vector_value(*expected));
    }
    const auto texts = pipeline::output_texts(outputs);
    if (!texts) return checks.member("string_outputs_error", texts.error().text);
    if (vector.expect("string_outputs_error") != nullptr) checks.fail("string_outputs: no error");
    codec::List list;
    for (const auto& text : *texts)
        list.push_back(text ? Value(*text) : Value());
    checks.member("string_outputs", codec::write_json(Value::list(std::move(list))));
}

Value describe_row(const model::TaskRun& row, const pipeline::Scheduler& scheduler) {
    const std::size_t id = scheduler.graph().find(row.dot_id)->id;
    return Value::map({{"attempts", scheduler.slots()[id].attempts},
                       {"error", row.error ? Value(*row.error) : Value()},
                       {"index", row.index},
                       {"output_json", row.output ? Value(*row.output) : Value()},
                       {"type", row.type}});
}

void run_pipeline(const VectorCase& vector, Checks& checks, VectorWorld& world) {
    world.server.prepare(vector);
    StubEnvironment environment(vector, world.http);
    pipeline::RunRequest request;
    request.graph = pipeline::parse_graph(pipeline_text(vector));
    request.job_type = environment.job_type();
    request.vars = vector.vars();
    const auto graph = request.graph;
    const auto metrics =
        std::make_shared<pipeline::JobMetrics>(Metrics::none(), graph->tasks().size(), 1, "");
    pipeline::ExecutionParts parts{world.loop.executor(), environment, Clock::system(), Random::system(),
                                   Metrics::none(),       Logger(),    metrics};
    pipeline::Execution execution(std::move(parts), std::move(request));
    world.loop.run_until_done(execution.run());
    const pipeline::RunOutcome outcome = execution.outcome();
    checks.member("state", model::to_string(outcome.run.state));
    checks.member("pending", outcome.run.state == model::RunState::suspended ? "true" : "false");
    checks.member("fail_silently", outcome.fail_silently ? "true" : "false");
    if (vector.expect("outputs") == nullptr) return;
    checks.member("outputs_json", outcome.run.outputs.value_or("(absent)"));
    checks.member("fatal_errors", outcome.run.fatal_errors.value_or("(absent)"));
    checks.member("all_errors_any_order",
                  codec::write_json(Value::list(sorted_errors(outcome.run.all_errors))));
    check_outputs(vector, checks, execution.scheduler());
    codec::Map rows;
    for (const model::TaskRun& row : outcome.run.task_runs) {
        rows.emplace(row.dot_id, describe_row(row, execution.scheduler()));
    }
    checks.member("task_runs", codec::write_json(Value::map(std::move(rows))));
}

/// Feeds the results back one by one, a retry when the next result is of that task.
void run_scheduler(const VectorCase& vector, Checks& checks) {
    const pipeline::Graph graph(pipeline_text(vector));
    pipeline::Scheduler scheduler(graph, {});
    codec::List scheduled;
    const auto take_all = [&] {
        while (const auto task = scheduler.take_ready())
            scheduled.emplace_back(graph.tasks()[*task].dot_id);
    };
    scheduler.start();
    take_all();
    for (const Value& event : *codec::member(vector.json, "events")->list_or_null()) {
        const std::size_t task = graph.find(codec::string_or(event, "dot_id"))->id;
        scheduler.retry(task);
        take_all();
        Value result;
        if (const Value* error = codec::member(event, "error")) {
            result = codec::ErrorValue{*error->text_or_null()};
        } else {
            result = codec::read_vector_value(*codec::member(event, "value"));
        }
        scheduler.report(task, std::move(result), false);
        take_all();
    }
    checks.member("scheduled", codec::write_json(Value::list(std::move(scheduled))));
    for (const auto& [dot_id, expected] : *vector.expect("results")->map_or_null()) {
        const auto& slot = scheduler.slots()[graph.find(dot_id)->id];
        checks.equal(dot_id + ".attempts", std::to_string(slot.attempts),
                     plain_text(*codec::member(expected, "attempts")));
        if (const Value* value = codec::member(expected, "value")) {
            checks.same(dot_id, slot.value, codec::read_vector_value(*value));
        } else {
            const auto* error = slot.value.error_or_null();
            checks.equal(dot_id + ".error", error == nullptr ? "(none)" : error->text,
                         codec::string_or(expected, "error"));
        }
    }
}

}  // namespace

bool run_graph_case(const VectorCase& vector, Checks& checks, VectorWorld& world) {
    if (vector.task == "parse") {
        run_parse(vector, checks);
    } else if (vector.task == "run") {
        run_pipeline(vector, checks, world);
    } else if (vector.task == "scheduler") {
        run_scheduler(vector, checks);
    } else {
        return false;
    }
    return true;
}

std::optional<std::string> missing_kind(const VectorCase& vector) {
    if (pipeline::find_task_type(vector.task) != nullptr) {
        if (pipeline::is_supported(vector.task)) return std::nullopt;
        return vector.task;
    }
    if (vector.task != "run") return std::nullopt;
    const pipeline::Graph graph(pipeline_text(vector));
    for (const pipeline::Task& task : graph.tasks()) {
        if (!task.type->supported()) return std::string(task.type->name);
    }
    return std::nullopt;
}

}  // namespace baton::compat

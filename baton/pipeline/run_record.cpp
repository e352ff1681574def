#include "baton/pipeline/run_record.hpp"

#include "baton/codec/json.hpp"
#include "baton/pipeline/go_text.hpp"
#include "baton/pipeline/stored_json.hpp"

#include <algorithm>
#include <numeric>

namespace baton::pipeline {

using codec::Value;
using State = Scheduler::Slot::State;
using Texts = std::vector<std::optional<std::string>>;

namespace {

/// What a task came to, as texts to store.
struct Stored {
    /// Absent for null, errors and pending tasks.
    std::optional<std::string> output;
    std::optional<std::string> error;
};

Stored to_stored(const Value& value) {
    if (value.is_null()) return {};
    if (const codec::ErrorValue* error = value.error_or_null())
        return {std::nullopt, storable_text(error->text)};
    auto json = stored_json(value);
    // v1.11.0 loses such a run as a whole. The task has run and its dependants have seen the value, but
    // nothing of it can be kept.
    if (!json) return {std::nullopt, storable_text(json.error().text)};
    // A memo object or an empty list of null is null too.
    if (*json == "null") return {};
    return {std::move(*json), std::nullopt};
}

std::string text_array(const Texts& texts) {
    std::string json = "[";
    for (const auto& text : texts) {
        if (json.size() > 1) json += ',';
        json += text ? codec::quote_json(*text) : "null";
    }
    return json + "]";
}

std::string json_array(const Texts& values) {
    std::string json = "[";
    for (const auto& value : values) {
        if (json.size() > 1) json += ',';
        json += value ? *value : "null";
    }
    return json + "]";
}

/// Task ids by index, equal ones by id.
std::vector<std::size_t> by_index(const Graph& graph) {
    std::vector<std::size_t> order(graph.tasks().size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, {}, [&](std::size_t id) { return graph.tasks()[id].index; });
    return order;
}

model::TaskRun task_row(const Task& task, Execution::Record& record, Stored stored) {
    if (record.stored) return std::move(*record.stored);
    model::TaskRun row;
    row.id = record.id;
    row.type = task.type->recorded;
    row.index = task.index;
    row.dot_id = task.dot_id;
    row.output = std::move(stored.output);
    row.error = std::move(stored.error);
    row.created_at = record.created_at;
    row.finished_at = record.finished_at;
    return row;
}

/// Collects the run while the tasks are gone through in the order of their indexes.
class Recorder {
  public:
    Recorder(const Scheduler& scheduler, std::vector<Execution::Record>& records, WallTime now)
        : scheduler_(scheduler), records_(records), now_(now), stored_(records.size()) {}

    RunOutcome record(const std::string& stored_vars) {
        outcome_.fail_silently = scheduler_.stopped();
        for (const std::size_t id : by_index(scheduler_.graph()))
            add(id);
        model::Run& run = outcome_.run;
        outcome_.has_errors = !all_errors_.empty();
        run.inputs = stored_vars.empty() ? final_variables() : stored_vars;
        if (scheduler_.has_pending()) {
            run.state = model::RunState::suspended;
        } else {
            run.state = run_state(fatal_errors_, true);
            run.outputs = json_array(outputs_);
            run.fatal_errors = text_array(fatal_errors_);
            run.finished_at = now_;
        }
        if (outcome_.has_errors) run.all_errors = text_array(all_errors_);
        add_rows();
        return std::move(outcome_);
    }

  private:
    void add(std::size_t id) {
        const Scheduler::Slot& slot = scheduler_.slots()[id];
        if (slot.state != State::finished) return;
        Execution::Record& record = records_[id];
        // Tasks that failEarly kept from running end with it.
        if (!record.finished_at && !record.stored) {
            record.finished_at = now_;
            if (slot.attempts == 0) record.created_at = now_;
        }
        Stored& stored = stored_[id];
        stored = record.stored ? Stored{record.stored->output, record.stored->error} : to_stored(slot.value);
        if (stored.error) all_errors_.push_back(stored.error);
        if (!scheduler_.graph().is_terminal(scheduler_.graph().tasks()[id])) return;
        outputs_.push_back(stored.output);
        fatal_errors_.push_back(stored.error);
    }

    void add_rows() {
        for (const std::size_t id : by_index(scheduler_.graph())) {
            const State state = scheduler_.slots()[id].state;
            if (state != State::finished && state != State::pending) continue;
            outcome_.run.task_runs.push_back(
                task_row(scheduler_.graph().tasks()[id], records_[id], std::move(stored_[id])));
        }
    }

    /// The variable map as it is now, with the texts that the task rows have.
    std::string final_variables() const {
        std::string json = "{";
        for (const auto& [name, value] : scheduler_.vars()) {
            if (json.size() > 1) json += ',';
            json += codec::quote_json(storable_text(name)) + ":";
            const Task* const task = scheduler_.graph().find(name);
            const bool finished = task != nullptr && scheduler_.slots()[task->id].state == State::finished;
            if (value.error_or_null() != nullptr) {
                json += "{}";
            } else if (finished) {
                json += stored_[task->id].output.value_or("null");
            } else {
                const auto text = stored_json(value);
                json += text ? *text : "null";
            }
        }
        return json + "}";
    }

    const Scheduler& scheduler_;
    std::vector<Execution::Record>& records_;
    WallTime now_;
    std::vector<Stored> stored_;
    RunOutcome outcome_;
    Texts outputs_;
    Texts fatal_errors_;
    Texts all_errors_;
};

}  // namespace

std::string stored_variables(const codec::Map& vars) {
    std::string json = "{";
    for (const auto& [name, value] : vars) {
        if (json.size() > 1) json += ',';
        const auto text = stored_json(value);
        json += codec::quote_json(storable_text(name)) + ":" + (text ? *text : "null");
    }
    return json + "}";
}

RunOutcome record_run(const Scheduler& scheduler, std::vector<Execution::Record>& records,
                      const std::string& stored_vars, WallTime now) {
    return Recorder(scheduler, records, now).record(stored_vars);
}

model::Run faulty_run(const std::string& error, WallTime now) {
    model::Run run;
    run.state = model::RunState::errored;
    run.outputs = "[null]";
    run.fatal_errors = text_array({storable_text(error)});
    run.all_errors = run.fatal_errors;
    run.finished_at = now;
    return run;
}

model::RunState run_state(const Texts& fatal_errors, bool finished) {
    const bool errored =
        std::ranges::any_of(fatal_errors, [](const auto& error) { return error.has_value(); });
    if (errored) return model::RunState::errored;
    return finished ? model::RunState::completed : model::RunState::running;
}

}  // namespace baton::pipeline

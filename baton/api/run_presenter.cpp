#include "baton/api/presenters.hpp"
#include "baton/base/decimal.hpp"
#include "baton/codec/json.hpp"

namespace baton::api {

namespace {

/// One element of the outputs as text (pipeline.md section 12.4); false for a kind that has none.
bool write_output(JsonWriter& out, const codec::Value& output) {
    if (output.is_null()) {
        out.null();
    } else if (const auto* text = output.text_or_null()) {
        out.text(*text);
    } else if (const auto integer = codec::to_big_int(output)) {
        out.text(to_decimal(*integer));
    } else if (const auto* number = output.get_if<double>()) {
        const auto plain = Decimal::from_float(*number);
        const auto* decimal = std::get_if<Decimal>(&plain);
        if (!decimal) return false;
        out.text(decimal->to_string());
    } else if (output.map_or_null()) {
        out.text(codec::write_json(output));
    } else {
        return false;
    }
    return true;
}

/// The array of output texts; "null" when there is none, or one cannot be shown as text.
std::string outputs_json(const std::optional<std::string>& outputs) {
    if (!outputs) return "null";
    const auto parsed = codec::read_json(*outputs);
    const auto* list = parsed.list_or_null();
    if (!list || list->empty()) return "null";
    JsonWriter out;
    out.begin_array();
    for (const auto& output : *list) {
        if (!write_output(out, output)) return "null";
    }
    out.end_array();
    return out.take();
}

std::string_view errors_json(const std::optional<std::string>& errors) {
    return !errors || errors->empty() || *errors == "[]" ? std::string_view("null")
                                                         : std::string_view(*errors);
}

/// A task's output as JSON text, compact also when PostgreSQL wrote it.
std::optional<std::string> task_output(const model::TaskRun& task) {
    if (!task.output) return std::nullopt;
    const bool container = task.output->starts_with('{') || task.output->starts_with('[');
    return container ? codec::write_json(codec::read_json(*task.output)) : *task.output;
}

void write_task_run(JsonWriter& out, const model::TaskRun& task) {
    out.begin_object().key("type").text(task.type).key("createdAt").time(task.created_at);
    out.key("finishedAt").time_or_null(task.finished_at);
    out.key("output").text_or_null(task_output(task)).key("error").text_or_null(task.error);
    out.key("dotId").text(task.dot_id).end_object();
}

}  // namespace

void write_run(JsonWriter& out, const model::Run& run, const RunSource& source) {
    out.begin_object().key("type").text("pipelineRun").key("id").text(std::to_string(run.id));
    out.key("attributes").begin_object();
    out.key("outputs").raw(outputs_json(run.outputs));
    out.key("errors").raw(errors_json(run.fatal_errors));
    out.key("allErrors").raw(errors_json(run.all_errors));
    out.key("fatalErrors").raw(errors_json(run.fatal_errors));
    out.key("inputs").raw(run.inputs.empty() ? "null" : run.inputs);
    out.key("taskRuns");
    if (run.task_runs.empty()) {
        out.null();
    } else {
        out.begin_array();
        for (const auto& task : run.task_runs)
            write_task_run(out, task);
        out.end_array();
    }
    out.key("createdAt").time(run.created_at).key("finishedAt").time_or_null(run.finished_at);
    out.key("pipelineSpec").begin_object().key("id").integer(run.pipeline_spec_id);
    out.key("jobID").integer(source.job_id).key("dotDagSource").text(source.observation_source).end_object();
    out.end_object().end_object();
}

}  // namespace baton::api

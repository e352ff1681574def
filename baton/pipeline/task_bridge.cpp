#include "baton/codec/json.hpp"
#include "baton/pipeline/bridges.hpp"
#include "baton/pipeline/go_text.hpp"
#include "baton/pipeline/graph.hpp"
#include "baton/pipeline/http_call.hpp"
#include "baton/pipeline/keypath.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

#include <algorithm>

namespace baton::pipeline {

using codec::Value;

namespace {

/// An answer older than this is never used, whatever cacheTTL says.
constexpr std::chrono::seconds oldest_answer{std::chrono::minutes(30)};

/// What one attempt asks, made before it waits for anything.
struct Question {
    std::string name;
    std::string body;
    /// Go's text when the request cannot be written as JSON.
    std::string unwritable;
    bool async = false;
    /// Zero: answers are not kept.
    std::chrono::seconds cache_ttl{0};
};

std::chrono::seconds read_cache_ttl(Params& params, const TaskContext& context,
                                    const Bridges::Settings& settings) {
    const Params::Spec spec{"cacheTTL", {}};
    const Attribute* written = context.task.attribute("cacheTTL");
    if (written == nullptr || written->trimmed.empty())
        return std::chrono::duration_cast<std::chrono::seconds>(settings.cache_ttl);
    const auto seconds = parse_whole_seconds(written->text);
    if (!seconds) {
        params.note(spec, seconds.error());
        return {};
    }
    const auto checked = to_uint64(Value(*seconds));
    if (!checked) {
        params.note(spec, checked.error());
        return {};
    }
    return std::chrono::seconds(*seconds);
}

/// The run's metadata; nothing when it has none, or none that is a map.
std::optional<Value> run_metadata(const TaskContext& context) {
    static const Keypath path("jobRun.meta");
    const auto found = path.find(context.vars);
    if (!found || (*found)->is_null()) return std::nullopt;
    if ((*found)->map_or_null() != nullptr) return **found;
    context.run.log.warn("\"meta\" field on task run is malformed, discarding",
                         {{"task", context.task.dot_id}});
    return std::nullopt;
}

/// The path of a URL with further segments, cleaned as Go's path.Join does.
std::string joined_path(const std::string& base, const std::string& further) {
    std::vector<std::string> segments;
    std::string segment;
    for (const char c : base + further + "/") {
        if (c != '/') {
            segment += c;
            continue;
        }
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
        segment.clear();
    }
    std::string path;
    for (const auto& one : segments)
        path += "/" + one;
    return path;
}

/// Where the adapter is to deliver the result of a task; "" when nobody said where this node is reached.
std::string response_url(const Bridges::Settings& settings, const Uuid& task_run_id) {
    if (!settings.response_url) return {};
    auto url = parse_request_url(*settings.response_url);
    if (!url) return {};
    url->path = joined_path(url->path, "/v2/resume/" + task_run_id.to_string());
    return url->to_string();
}

Result<Question> make_question(const TaskContext& context, const Bridges::Settings& settings) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return *refused;
    Params params(context);
    Question question;
    question.name = params.get({"name", {Getter::text}}, to_text);
    const auto data = params.get({"requestData", {Getter::var, Getter::json}, Value()}, to_map);
    question.cache_ttl = read_cache_ttl(params, context, settings);
    if (params.failed()) return params.failure_text();
    question.async = is_async_bridge(context.task);

    codec::Map body;
    if (data != nullptr) body = *data;
    if (auto meta = run_metadata(context)) body.insert_or_assign("meta", *std::move(meta));
    const Attribute* const input_key = context.task.attribute("includeInputAtKey");
    if (input_key != nullptr && !input_key->text.empty() && !context.inputs.empty())
        body.insert_or_assign(input_key->text, *context.inputs.front());
    if (question.async)
        body.insert_or_assign("responseURL", Value(response_url(settings, context.task_run_id)));
    try {
        question.body = codec::write_json(Value::map(std::move(body)));
    } catch (const codec::JsonUnsupported& error) {
        question.unwritable = error.what();
    }
    return question;
}

Result<HttpCall> make_call(const Question& question, const std::string& url, async::Deadline deadline) {
    auto parsed = parse_request_url(url);
    if (!parsed) return failure("the URL of bridge '" + question.name + "'", parsed.error().text);
    HttpCall call;
    call.method = "POST";
    call.url = *std::move(parsed);
    call.body = question.body;
    call.deadline = deadline;
    return call;
}

/// The adapter took the question and will answer by the response URL.
bool says_pending(const HttpAnswer& answer) {
    if (answer.headers.contains("X-Chainlink-Pending")) return true;
    const std::string* const body = answer.result.value.text_or_null();
    if (body == nullptr) return false;
    Value parsed;
    try {
        parsed = codec::read_json(*body);
    } catch (const codec::JsonError&) {
        return false;
    }
    const codec::Map* const members = parsed.map_or_null();
    if (members == nullptr) return false;
    return std::ranges::any_of(*members, [](const auto& member) {
        const bool* const said = member.second.template get_if<bool>();
        return said != nullptr && *said && net::equal_ignoring_case(member.first, "pending");
    });
}

async::Task<Result<std::string>> find_url(Bridges* bridges, std::string name) {
    const std::string context = "could not find bridge with name '" + name + "'";
    std::optional<std::string> url;
    std::string problem = "sql: no rows in result set";
    try {
        if (bridges != nullptr) url = co_await bridges->find_url(std::move(name));
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        problem = error.what();
    }
    if (!url) co_return failure(context, problem);
    co_return *std::move(url);
}

/// In place of an answer that did not come; the failure itself when none was kept.
async::Task<HttpAnswer> last_answer(HttpAnswer failed, const Question* question, const Task* task,
                                    const RunContext* run) {
    const MetricLabels name{{"name", question->name}};
    std::optional<std::string> kept;
    std::string problem = "there is none that is young enough";
    try {
        kept = co_await run->environment.bridges()->last_answer(run->pipeline_spec_id, task->dot_id,
                                                                std::min(question->cache_ttl, oldest_answer));
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        problem = error.what();
    }
    if (!kept) {
        run->metrics.add("bridge_cache_errors_total", 1, name);
        run->log.error("a bridge failed, and its last answer cannot be used",
                       {{"task", task->dot_id}, {"bridge", question->name}, {"reason", problem}});
        co_return failed;
    }
    run->metrics.add("bridge_cache_hits_total", 1, name);
    failed.result = TaskResult::success(*std::move(kept));
    failed.headers = {};
    co_return failed;
}

async::Task<void> keep_answer(std::string answer, const Question* question, const Task* task,
                              const RunContext* run) {
    std::string problem;
    try {
        co_await run->environment.bridges()->keep_answer(run->pipeline_spec_id, task->dot_id,
                                                         std::move(answer));
    } catch (const Cancelled&) {
        throw;
    } catch (const Error& error) {
        problem = error.what();
    }
    if (!problem.empty())
        run->log.error("the answer of a bridge could not be kept for later",
                       {{"task", task->dot_id}, {"bridge", question->name}, {"reason", problem}});
}

async::Task<TaskResult> ask(const Question* question, HttpCall call, const Task* task,
                            const RunContext* run) {
    const MetricLabels name{{"name", question->name}};
    HttpAnswer answer = co_await ask_http(std::move(call), run);
    const bool fresh = answer.result.value.error_or_null() == nullptr;
    const bool keeps = question->cache_ttl.count() > 0;
    if (fresh) {
        run->metrics.set("bridge_latency_seconds", std::chrono::duration<double>(answer.took).count(), name);
    } else {
        run->metrics.add("bridge_errors_total", 1, name);
        if (keeps) answer = co_await last_answer(std::move(answer), question, task, run);
    }
    const std::string* const body = answer.result.value.text_or_null();
    if (body == nullptr) co_return std::move(answer.result);
    if (question->async && says_pending(answer)) {
        TaskResult pending;
        pending.pending = true;
        co_return pending;
    }
    if (fresh && keeps) {
        std::string copy = *body;
        co_await keep_answer(std::move(copy), question, task, run);
    }
    count_answer(*task, *run, answer);
    co_return std::move(answer.result);
}

}  // namespace

async::Task<TaskResult> run_bridge(TaskContext context) {
    const Task* const task = &context.task;
    const RunContext* const run = &context.run;
    Bridges* const bridges = run->environment.bridges();
    const auto settings = bridges == nullptr ? Bridges::Settings() : bridges->settings();
    const auto deadline = http_deadline(context);
    const Result<Question> made = make_question(context, settings);
    if (!made) co_return TaskResult::failed(made.error());
    const Question question = *made;
    std::string name = question.name;
    const Result<std::string> url = co_await find_url(bridges, std::move(name));
    if (!url) co_return TaskResult::failed(url.error());
    if (!question.unwritable.empty()) co_return TaskResult::failed({question.unwritable});
    Result<HttpCall> call = make_call(question, *url, deadline);
    if (!call) co_return TaskResult::failed(call.error());
    HttpCall request = std::move(*call);
    co_return co_await ask(&question, std::move(request), task, run);
}

}  // namespace baton::pipeline

#include "baton/codec/json.hpp"
#include "baton/pipeline/http_call.hpp"
#include "baton/pipeline/params.hpp"
#include "baton/pipeline/tasks.hpp"

namespace baton::pipeline {

using codec::Value;

namespace {

Result<RequestUrl> to_url(const Value& value) {
    const std::string* text = value.text_or_null();
    if (text == nullptr) return bad_input();
    auto url = parse_request_url(*text);
    if (!url) return bad_input(url.error().text);
    return url;
}

/// A URL that others may have had a hand in reaches public addresses only, unless the author says otherwise.
bool is_restricted(const TaskContext& context, const std::string& unrestricted, bool allowed) {
    if (!unrestricted.empty()) return !allowed;
    const Attribute* url = context.task.attribute("url");
    return url != nullptr && mentions_variable(url->text);
}

Result<HttpCall> make_call(const TaskContext& context) {
    if (auto refused = check_inputs(context.inputs, -1, -1)) return *refused;
    Params params(context);
    HttpCall call;
    call.method = params.get({"method", {Getter::text}, Value("GET")}, to_text);
    call.url = params.get({"url", {Getter::var, Getter::text}}, to_url);
    const auto data = params.get({"requestData", {Getter::var, Getter::json}, Value()}, to_map);
    const Attribute* const access = context.task.attribute("allowUnrestrictedNetworkAccess");
    const std::string written = access == nullptr ? std::string() : access->trimmed;
    const bool allowed =
        params.get({"allowUnrestrictedNetworkAccess", {Getter::text}, Value(false)}, to_bool);
    const auto headers = params.get({"headers", {Getter::text}, Value("[]"), "reqHeaders"}, to_texts);
    if (params.failed()) return params.failure_text();
    if (headers && headers->size() % 2 != 0) return Failure{"headers must have an even number of elements"};
    for (std::size_t i = 0; headers && i + 1 < headers->size(); i += 2) {
        call.headers.emplace_back((*headers)[i], (*headers)[i + 1]);
    }
    if (data != nullptr) {
        try {
            call.body = codec::write_json(Value(data));
        } catch (const codec::JsonUnsupported& error) {
            return Failure{error.what()};
        }
    }
    call.restricted = is_restricted(context, written, allowed);
    call.deadline = http_deadline(context);
    return call;
}

}  // namespace

async::Task<TaskResult> run_http(TaskContext context) {
    Result<HttpCall> call = make_call(context);
    if (!call) co_return TaskResult::failed(call.error());
    HttpCall request = std::move(*call);
    HttpAnswer answer = co_await ask_http(std::move(request), &context.run);
    if (answer.result.value.text_or_null() != nullptr) count_answer(context.task, context.run, answer);
    co_return std::move(answer.result);
}

}  // namespace baton::pipeline

#include "baton/pipeline/http_call.hpp"

#include "baton/codec/go_value.hpp"
#include "baton/codec/json.hpp"
#include "baton/net/http_client.hpp"

#include <algorithm>
#include <array>

namespace baton::pipeline {

namespace {

const std::string fetch_time = "pipeline_task_http_fetch_time";
const std::string body_size = "pipeline_task_http_response_body_size";

constexpr std::string_view local_resources_hint =
    "connections to local resources are disabled by default, if you are sure this is safe, you can enable on "
    "a per-task "
    "basis by setting allowUnrestrictedNetworkAccess=\"true\" in the pipeline task spec, e.g. fetch "
    "[type=\"http\" "
    "method=GET url=\"$(decode_cbor.url)\" allowUnrestrictedNetworkAccess=\"true\"]: ";

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

bool is_header_value(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

/// "x-header-1" → "X-Header-1"; names that are no tokens stay as they are.
std::string canonical_name(std::string_view name) {
    std::string out(name);
    if (!is_token(out)) return out;
    bool upper = true;
    for (char& c : out) {
        if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        upper = c == '-';
    }
    return out;
}

/// Those that the transport writes itself.
bool is_left_out(std::string_view name) {
    constexpr std::array<std::string_view, 4> own{"Host", "Content-Length", "Transfer-Encoding", "Trailer"};
    return std::ranges::find(own, name) != own.end();
}

/// "Post" for POST, as the original names the operation in its errors.
std::string operation_name(std::string_view method) {
    std::string out(method);
    for (std::size_t i = 1; i < out.size(); ++i) {
        if (out[i] >= 'A' && out[i] <= 'Z') out[i] = static_cast<char>(out[i] - 'A' + 'a');
    }
    return out;
}

/// What the original's transport refuses before it connects.
std::optional<std::string> refusal(const HttpCall& call) {
    for (const auto& [name, value] : call.headers) {
        if (!is_token(name)) return "net/http: invalid header field name " + codec::go_quote(name);
        if (!is_header_value(value))
            return "net/http: invalid header field value for " + codec::go_quote(name);
    }
    if (call.url.scheme != "http" && call.url.scheme != "https") {
        return "unsupported protocol scheme " + codec::go_quote(call.url.scheme);
    }
    if (call.url.host.empty()) return "http: no Host in request URL";
    return std::nullopt;
}

net::ClientRequest make_request(const HttpCall& call, const RunContext& run, std::size_t max_bytes) {
    net::ClientRequest request;
    request.method = call.method;
    request.url = call.url.to_string();
    request.headers.set("Content-Type", "application/json");
    for (const auto& [name, value] : call.headers) {
        const std::string canonical = canonical_name(name);
        if (!is_left_out(canonical)) request.headers.set(canonical, value);
    }
    request.body = call.body.value_or("");
    request.deadline = call.deadline;
    request.max_response_bytes = max_bytes;
    request.restricted = call.restricted;
    if (call.restricted) request.refused_addresses = run.environment.database_addresses();
    return request;
}

TaskResult transport_failure(const HttpCall& call, std::string_view reason) {
    return TaskResult::failed({"error making http request: " + operation_name(call.method) + " " +
                               codec::go_quote(call.url.to_safe_string()) + ": " + std::string(reason)},
                              true);
}

TaskResult client_failure(const HttpCall& call, const net::ClientError& error) {
    using Kind = net::ClientError::Kind;
    switch (error.kind) {
        case Kind::timeout:
            return TaskResult::failed({"http request timed out or interrupted"}, true);
        case Kind::too_large:
            return TaskResult::failed({"error making http request: http: request body too large"}, true);
        case Kind::refused_address: {
            TaskResult result = transport_failure(call, error.text);
            const std::string text = std::string(local_resources_hint) + result.value.error_or_null()->text;
            return TaskResult::failed({text}, true);
        }
        case Kind::bad_request:
        case Kind::transport:
            break;
    }
    return transport_failure(call, error.text);
}

TaskResult judge(const HttpCall& call, net::ClientResponse response) {
    if (response.status < 400) return TaskResult::success(std::move(response.body));
    const bool retryable = response.status >= 500;
    return TaskResult::failed({"got error from " + call.url.to_safe_string() + ": (status code " +
                               std::to_string(response.status) + ") " + remote_error_text(response.body)},
                              retryable);
}

}  // namespace

std::string remote_error_text(std::string_view body) {
    codec::Value parsed;
    try {
        parsed = codec::read_json(body);
    } catch (const codec::JsonError&) {
        return {};
    }
    const codec::Map* const fields = parsed.map_or_null();
    if (fields == nullptr) return {};
    std::string error;
    std::string message;
    for (const auto& [key, value] : *fields) {
        const bool is_error = net::equal_ignoring_case(key, "error");
        if (!is_error && !net::equal_ignoring_case(key, "errorMessage")) continue;
        if (value.is_null()) continue;
        const std::string* text = value.text_or_null();
        if (text == nullptr) return {};
        (is_error ? error : message) = *text;
    }
    if (!error.empty()) return error;
    return message.empty() ? std::string(body) : message;
}

async::Deadline http_deadline(const TaskContext& context) {
    const auto default_timeout = context.run.environment.http_limits().default_timeout;
    if (context.task.timeout || default_timeout.count() <= 0) return context.deadline;
    return context.deadline.sooner(async::Deadline::after(default_timeout));
}

async::Task<HttpAnswer> ask_http(HttpCall call, const RunContext* run) {
    HttpAnswer answer;
    if (!is_token(call.method)) {
        answer.result = TaskResult::failed(
            {"failed to create http.Request: net/http: invalid method " + codec::go_quote(call.method)},
            true);
        co_return answer;
    }
    if (const auto refused = refusal(call)) {
        answer.result = transport_failure(call, *refused);
        co_return answer;
    }
    const std::size_t max_bytes = run->environment.http_limits().max_bytes;
    net::ClientRequest request = make_request(call, *run, max_bytes);
    const auto started = BootClock::now();
    net::ClientResult result = co_await run->environment.http().send(std::move(request));
    answer.took = BootClock::now() - started;
    if (const auto* error = std::get_if<net::ClientError>(&result)) {
        answer.result = client_failure(call, *error);
        co_return answer;
    }
    auto& response = std::get<net::ClientResponse>(result);
    answer.headers = std::move(response.headers);
    answer.result = judge(call, std::move(response));
    co_return answer;
}

void count_answer(const Task& task, const RunContext& run, const HttpAnswer& answer) {
    const MetricLabels labels{{"pipeline_task_spec_id", task.dot_id}};
    run.metrics.set(fetch_time, static_cast<double>(answer.took.count()), labels);
    run.metrics.set(body_size, static_cast<double>(answer.result.value.text_or_null()->size()), labels);
}

}  // namespace baton::pipeline

#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/net/http_message.hpp"
#include "baton/pipeline/go_url.hpp"
#include "baton/pipeline/task.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace baton::pipeline {

/// One request of a task (reference/pipeline.md section 16). All values are its own.
struct HttpCall {
    std::string method;
    RequestUrl url;
    std::optional<std::string> body;
    /// Names and values as the task's author wrote them; of equal names the last wins.
    std::vector<std::pair<std::string, std::string>> headers;
    /// Refuses private addresses and the database's.
    bool restricted = false;
    async::Deadline deadline;
};

/// Of this attempt, with the default that applies when the task sets no time limit of its own (section 9.1).
async::Deadline http_deadline(const TaskContext& context);

struct HttpAnswer {
    /// The answer's body as text, or the error in v1.11.0's words.
    TaskResult result;
    /// Empty when nothing was answered.
    net::Headers headers;
    std::chrono::nanoseconds took{0};
};
/// `run` outlives the call. Throws Cancelled.
async::Task<HttpAnswer> ask_http(HttpCall call, const RunContext* run);
/// Sets the two metrics that http and bridge tasks have in common. REQUIRES: the result is a text.
void count_answer(const Task& task, const RunContext& run, const HttpAnswer& answer);

/// The error text of an answer with a status of 400 or more.
std::string remote_error_text(std::string_view body);

}  // namespace baton::pipeline

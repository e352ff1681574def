#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace baton::pipeline {

/// Why a task, or a part of it, has no value: an expected outcome, so a value. The texts are v1.11.0's
/// (reference/pipeline.md section 7); they end up in pipeline_task_runs.error.
struct Failure {
    std::string text;
};

/// The fixed texts of reference/pipeline.md section 7.1.
namespace sentinel {
inline constexpr std::string_view wrong_input_count = "wrong number of task inputs";
inline constexpr std::string_view bad_input = "bad input for task";
inline constexpr std::string_view input_task_errored = "input task errored";
inline constexpr std::string_view parameter_empty = "parameter is empty";
inline constexpr std::string_view index_out_of_range = "index out of range";
inline constexpr std::string_view too_many_errors = "too many errors";
inline constexpr std::string_view task_run_failed = "task run failed";
inline constexpr std::string_view cancelled = "task run cancelled (fail early)";
inline constexpr std::string_view keypath_not_found = "keypath not found";
inline constexpr std::string_view wrong_keypath = "wrong keypath format";
inline constexpr std::string_view vars_root = "cannot get/set the root of a pipeline.Vars";
inline constexpr std::string_view vars_set_nested = "cannot set a nested key of a pipeline.Vars";
inline constexpr std::string_view divide_by_zero = "divide by zero";
inline constexpr std::string_view overflow = "overflow";
}  // namespace sentinel

/// "<context>: <cause>" (section 7.2).
inline Failure failure(std::string_view context, std::string_view cause) {
    std::string text;
    text.reserve(context.size() + 2 + cause.size());
    text.append(context).append(": ").append(cause);
    return {std::move(text)};
}
/// "<detail>: bad input for task".
inline Failure bad_input(std::string_view detail) {
    return failure(detail, sentinel::bad_input);
}
/// "bad input for task" alone.
inline Failure bad_input() {
    return {std::string(sentinel::bad_input)};
}

/// A value or the failure in its place.
template <typename T>
class Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }
    /// REQUIRES: ok().
    const T& operator*() const { return *std::get_if<0>(&state_); }
    T& operator*() { return *std::get_if<0>(&state_); }
    const T* operator->() const { return std::get_if<0>(&state_); }
    T* operator->() { return std::get_if<0>(&state_); }
    /// REQUIRES: !ok().
    const Failure& error() const { return *std::get_if<1>(&state_); }

  private:
    std::variant<T, Failure> state_;
};

}  // namespace baton::pipeline

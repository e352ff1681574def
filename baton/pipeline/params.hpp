#pragma once

#include "baton/pipeline/coerce.hpp"
#include "baton/pipeline/task.hpp"

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace baton::pipeline {

/// Where a parameter's raw value may come from (reference/pipeline.md section 4.2), tried in the order given.
enum class Getter { var, json, json_with_errors, text, raw, input0, inputs };

/// Resolves the parameters of one attempt: finds each raw value, coerces it, and collects what failed, so
/// that all failures of a task are reported together in the order of the calls (section 7.2). Lives as long
/// as the values that it gave are used.
class Params {
  public:
    explicit Params(const TaskContext& context) : context_(context) {}
    Params(const Params&) = delete;
    Params& operator=(const Params&) = delete;

    struct Spec {
        std::string_view attribute;
        std::initializer_list<Getter> getters;
        /// Used when every getter is empty; nothing: "parameter is empty".
        std::optional<codec::Value> fallback = std::nullopt;
        /// The name in errors, when it is not the attribute's.
        std::string_view label = {};
    };

    /// `coerce` takes a const Value& and gives a Result<T>. When that or the search fails the failure is
    /// noted and the result is T().
    template <typename Coerce>
    auto get(const Spec& spec, Coerce coerce) {
        using Outcome = decltype(coerce(std::declval<const codec::Value&>()));
        using Type = std::remove_cvref_t<decltype(*std::declval<Outcome>())>;
        const codec::Value* const value = find(spec);
        if (value == nullptr) return Type();
        Outcome outcome = coerce(*value);
        if (outcome) return Type(std::move(*outcome));
        note(spec, outcome.error());
        return Type();
    }

    /// For a parameter with several coercions: the raw value, or nullptr and a noted failure.
    const codec::Value* find(const Spec& spec);
    void note(const Spec& spec, const Failure& reason);

    bool failed() const { return !failures_.empty(); }
    /// All failures, joined with "; ".
    Failure failure_text() const { return {failures_}; }
    TaskResult result() const { return TaskResult::failed(failure_text()); }

  private:
    /// nullptr without a failure: empty.
    Result<const codec::Value*> try_getter(Getter getter, const Attribute* attribute);
    const codec::Value* keep(codec::Value value) { return &kept_.emplace_back(std::move(value)); }

    const TaskContext& context_;
    /// Values made here; a deque does not move them.
    std::deque<codec::Value> kept_;
    std::string failures_;
};

/// Section 7.4: "task inputs: min: 0 max: 1 (got 2): wrong number of task inputs", then "task inputs: too
/// many errors". A negative maximum means no limit.
std::optional<Failure> check_inputs(std::span<const codec::Value* const> inputs, int min, int max,
                                    int max_errors = 0);

}  // namespace baton::pipeline

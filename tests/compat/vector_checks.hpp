#pragma once

#include "baton/codec/value.hpp"
#include "vector_case.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::compat {

/// Collects what differs from a case's expectations, one line each.
class Checks {
  public:
    /// `strict` compares complete error texts instead of the part that must be there.
    Checks(const VectorCase& vector, bool strict) : case_(vector), strict_(strict) {}

    /// The outcome is a value: compares `value`, `type`, `json`, `json_error`, `one_of`; an expected error
    /// differs.
    void value(const codec::Value& actual);
    /// The outcome is an error: compares `error_contains`, or `error`; an expected value differs.
    void error(std::string_view actual);
    /// ErrorValue or another value.
    void outcome(const codec::Value& actual);

    void equal(std::string_view what, std::string_view actual, std::string_view expected);
    void equal(std::string_view what, bool actual, bool expected);
    /// Against `expect.<name>`, which is a text (number, flag) as plain JSON; absent ones are not compared.
    void member(std::string_view name, std::string_view actual);
    /// A flag that is present only when true.
    void flag(std::string_view name, bool actual);
    void same(std::string_view what, const codec::Value& actual, const codec::Value& expected);
    void fail(std::string line) { lines_.push_back(std::move(line)); }

    const VectorCase& vector() const { return case_; }
    const std::vector<std::string>& lines() const { return lines_; }

  private:
    const VectorCase& case_;
    bool strict_;
    std::vector<std::string> lines_;
};

/// A JSON value as plain text: texts as they are, others as JSON.
std::string plain_text(const codec::Value& json);

}  // namespace baton::compat

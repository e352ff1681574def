#pragma once

// For tests of this folder only: one task by itself, without an engine.

#include "baton/base/big_int.hpp"
#include "baton/base/decimal.hpp"
#include "baton/codec/value.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace baton::async {
class Loop;
}
namespace baton::pipeline {
class Environment;
}

namespace baton::pipeline::testing {

using codec::ErrorValue;
using codec::Value;
using Inputs = std::vector<Value>;

/// What a task makes of the results of its predecessors (an ErrorValue: one that failed) and of the run's
/// variables, as show() writes it. The task stands as in a graph, its type first:
/// run("multiply times=2", {"3"}) is "decimal 6".
std::string run(const std::string& task, Inputs inputs = {}, codec::Map vars = {});

/// The same for a task that asks a chain, a server or the keys; "pending" when its result comes later.
std::string run_in(async::Loop& loop, Environment& environment, const std::string& task, Inputs inputs = {},
                   codec::Map vars = {});

/// Kind and content, and so on inside of it: "string abc", "bytes 0x0102", "null", "[int64 1, bool true]",
/// "{a: decimal 1.5}", "object string abc" (a memo object), "address[address 0x01...]" (a typed list),
/// "(a: int64 1)" (a tuple), "error: boom", "panic: boom" (an abnormal end).
std::string show(const Value& value);

/// Two inputs are refused and so is one that failed (reference/pipeline.md section 7.4). The task names its
/// parameters itself.
void expect_at_most_one_input(const std::string& task);
/// Any number of inputs is taken, but none that failed.
void expect_any_number_of_inputs(const std::string& task, codec::Map vars = {});

/// REQUIRES: `text` is a decimal.
Decimal decimal(const std::string& text);

}  // namespace baton::pipeline::testing

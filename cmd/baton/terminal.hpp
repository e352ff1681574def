#pragma once

#include "cmd/baton/invocation.hpp"

#include <string>

namespace baton::cli {

/// Prints the question and reads one line. Throws EndOfInput.
std::string ask(const Invocation& invocation, const std::string& question);
/// The same without echo. Throws Failure when stdin is no terminal.
std::string ask_hidden(const Invocation& invocation, const std::string& question);

}  // namespace baton::cli

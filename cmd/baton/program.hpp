#pragma once

#include "cmd/baton/command.hpp"
#include "cmd/baton/invocation.hpp"

#include <string>
#include <vector>

namespace baton::cli {

/// The binary as a whole: finds the command, reads its options, runs it (reference/cli.md section 1).
struct Program {
    Command root;
    /// "1.11.0@<commit>"
    std::string version;
    /// Makes the global options usable; throws PlainFailure.
    std::function<Globals(const FlagValues& flags, const Surroundings& surroundings)> read_globals;
};

/// `words`: the arguments with the program's own name in front, as main() gets them. Gives the exit code;
/// nothing is thrown.
int run_program(const Program& program, const std::vector<std::string>& words, Surroundings& surroundings);

}  // namespace baton::cli

#pragma once

#include "baton/async/task.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::app {

/// A program that this process runs as its child. Of this process's environment it gets PATH, HOME and what
/// libpq reads (PG...); of its descriptors none. Files that it makes are its user's alone.
struct Program {
    std::filesystem::path path;
    std::vector<std::string> arguments;
    /// Where secrets go: everybody on the machine can read a command line.
    std::map<std::string, std::string> environment;
};

struct ProgramEnd {
    /// 128 + the signal that ended it, where one did.
    int code = 0;
    /// The last of what it printed, on one line.
    std::string last_words;
};

/// The first file of that name in PATH that may be executed.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// Runs it to its end. When the calling task is cancelled it gets SIGTERM, after a second SIGKILL, and has
/// ended when Cancelled is thrown; when this process dies it gets SIGTERM too. Throws Error when it cannot be
/// started. Loop thread only: it is the one whose death the child is told of.
async::Task<ProgramEnd> run_program(Program program);

}  // namespace baton::app

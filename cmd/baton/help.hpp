#pragma once

#include "cmd/baton/command.hpp"

#include <string>

namespace baton::cli {

/// Texts of `help` at the three levels, laid out as v1.11.0's (reference/cli.md section 1). `path` is program
/// and command words, e.g. "baton jobs list".
std::string root_help(const Command& root, const std::string& path, const std::string& version);
std::string group_help(const Command& group, const std::string& path);
std::string leaf_help(const Command& leaf, const std::string& path);

}  // namespace baton::cli

#pragma once

#include <filesystem>
#include <string>

namespace baton {

/// Why a file could not be read, in the words of v1.11.0: "open x: no such file or directory", "read x: is a
/// directory".
std::string why_unreadable(const std::filesystem::path& path);

}  // namespace baton

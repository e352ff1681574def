#include "baton/app/memory_limit.hpp"

#include <charconv>
#include <fstream>

namespace baton::app {

namespace {

constexpr std::uint64_t megabyte = 1024 * 1024;
/// scrypt with v1.11.0's cost, and what the process needs beside it.
constexpr std::uint64_t enough = (256 + 64) * megabyte;

}  // namespace

std::optional<std::uint64_t> memory_limit(const std::filesystem::path& groups) {
    // Inside a container the group of the process is the root of what it sees; version 2, version 1.
    for (const char* name : {"memory.max", "memory/memory.limit_in_bytes"}) {
        std::ifstream file(groups / name);
        std::string text;
        if (!(file >> text)) continue;
        std::uint64_t bytes = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
        if (error == std::errc() && end == text.data() + text.size()) return bytes;
    }
    return std::nullopt;
}

std::string memory_warning(std::optional<std::uint64_t> limit) {
    if (!limit || *limit >= enough) return "";
    return "the memory limit is " + std::to_string(*limit / megabyte) +
           " MB, and deriving the key of the key ring needs " + std::to_string(enough / megabyte) +
           " MB for a second: the system may end this process now; raise the limit of the container or of "
           "the unit";
}

}  // namespace baton::app

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace baton::app {

/// Bytes that the control group of this process may use, as a container's --memory sets it; nothing without a
/// limit, or where none can be read. `groups` is where the kernel shows them.
std::optional<std::uint64_t> memory_limit(const std::filesystem::path& groups = "/sys/fs/cgroup");

/// What to say before a key is derived under that limit; empty when it suffices.
std::string memory_warning(std::optional<std::uint64_t> limit);

}  // namespace baton::app

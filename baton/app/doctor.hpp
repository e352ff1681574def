#pragma once

#include "baton/app/findings.hpp"

#include <filesystem>
#include <vector>

namespace baton::app {

/// `baton doctor`: with the configuration of this process's environment, looks at everything that a takeover
/// depends on: database, rights, password (where a file is given), RPC endpoints, the instances' addresses,
/// who would take over now. Takes no lock of the leadership and writes nothing.
std::vector<Finding> examine_installation(const std::filesystem::path& password_file);

}  // namespace baton::app

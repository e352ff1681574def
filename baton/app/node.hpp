#pragma once

#include <filesystem>
#include <string>

namespace baton::app {

/// What the command line says to `node start` (reference/cli.md section 4).
struct NodeOptions {
    /// -p, -vp, -a; empty: not given.
    std::filesystem::path password_file;
    std::filesystem::path vrf_password_file;
    std::filesystem::path api_file;
};

/// Version and commit that this binary was built from ("1.11.0" for compatibility, and the commit or
/// "unset").
std::string version();
std::string commit();

/// Runs a node until it is told to end. Gives the exit code of reference/lifecycle-and-locking.md section 11;
/// errors are on stderr.
int run_node(const NodeOptions& options);

/// `baton db stop`: ends the private PostgreSQL of ROOT. Gives the exit code.
int stop_private_database();

}  // namespace baton::app

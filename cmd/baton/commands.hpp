#pragma once

#include "cmd/baton/command.hpp"
#include "cmd/baton/invocation.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace baton::cli {

/// What the commands need from the node itself; main() fills it in from baton/app, tests from stubs.
struct NodeFunctions {
    std::string version;
    std::string commit;
    struct StartFiles {
        std::string password;
        std::string vrf_password;
        std::string api;
    };
    /// `node start`: runs until the node ends; gives the exit code.
    std::function<int(const StartFiles&)> start;
    /// `db stop`; gives the exit code.
    std::function<int()> stop_database;
    struct Finding {
        enum class Level { ok, warning, problem };
        Level level = Level::ok;
        std::string check;
        std::string text;
    };
    /// `node db <name>`; `any_name`: reset whatever the database is called. Gives the exit code.
    std::function<int(const std::string& name, bool any_name)> database;
    struct Rebroadcast {
        std::int64_t beginning_nonce = 0;
        std::int64_t ending_nonce = 0;
        /// Wei.
        std::int64_t gas_price = 0;
        /// 0: as it is.
        std::int64_t gas_limit = 0;
        std::string password_file;
        std::string address;
        /// Empty: the chain that is configured.
        std::string chain_id;
    };
    /// `node rebroadcast-transactions`; gives the exit code.
    std::function<int(const Rebroadcast&)> rebroadcast;
    /// `doctor`: with the file of the key-ring password, or none.
    std::function<std::vector<Finding>(const std::string& password_file)> examine;
};

/// The whole command tree with the global options (reference/cli.md section 4).
Command command_tree(NodeFunctions functions);

/// Global options after the deprecated environment variables, which win. Throws PlainFailure.
Globals read_globals(const FlagValues& flags, const Surroundings& surroundings);

// One group per file commands_<group>.cpp.
Command admin_commands(const NodeFunctions& functions);
Command bridge_commands();
Command doctor_command(const NodeFunctions& functions);
Command ha_commands();
Command job_commands();
Command key_commands();
Command node_commands(const NodeFunctions& functions);

/// An argument that is a text or the name of a file with it: `is_text` tells. `kind` is "TOML" or "JSON".
/// Throws Failure.
std::string text_or_file(const std::string& argument, const std::string& kind,
                         const Surroundings& surroundings,
                         const std::function<bool(const std::string&)>& is_text);

}  // namespace baton::cli

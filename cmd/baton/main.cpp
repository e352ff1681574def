#include "baton/app/config.hpp"
#include "baton/app/database_commands.hpp"
#include "baton/app/doctor.hpp"
#include "baton/app/node.hpp"
#include "baton/app/rebroadcast_command.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/program.hpp"

#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <iostream>

namespace {

std::optional<std::string> environment_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

baton::cli::Surroundings process_surroundings() {
    baton::cli::Surroundings surroundings;
    surroundings.in = &std::cin;
    surroundings.out = &std::cout;
    surroundings.err = &std::cerr;
    surroundings.environment = environment_variable;
    surroundings.root = baton::app::root_directory(baton::app::Environment::process());
    surroundings.terminal_in = isatty(STDIN_FILENO) != 0;
    surroundings.terminal_out = isatty(STDOUT_FILENO) != 0;
    return surroundings;
}

int start_node(const baton::cli::NodeFunctions::StartFiles& files) {
    baton::app::NodeOptions options;
    options.password_file = files.password;
    options.vrf_password_file = files.vrf_password;
    options.api_file = files.api;
    return baton::app::run_node(options);
}

int rebroadcast(const baton::cli::NodeFunctions::Rebroadcast& wanted) {
    baton::app::RebroadcastOptions options;
    options.beginning_nonce = wanted.beginning_nonce;
    options.ending_nonce = wanted.ending_nonce;
    options.gas_price = wanted.gas_price;
    options.gas_limit = wanted.gas_limit;
    options.password_file = wanted.password_file;
    options.address = wanted.address;
    options.chain_id = wanted.chain_id;
    return baton::app::run_rebroadcast_command(options);
}

std::vector<baton::cli::NodeFunctions::Finding> examine(const std::string& password_file) {
    std::vector<baton::cli::NodeFunctions::Finding> findings;
    for (auto& one : baton::app::examine_installation(password_file)) {
        const auto level = static_cast<baton::cli::NodeFunctions::Finding::Level>(one.level);
        findings.push_back({level, std::move(one.check), std::move(one.text)});
    }
    return findings;
}

}  // namespace

int main(int count, char** words) {
    // A peer that closed its connection is an error of that connection, not the end of the program.
    std::signal(SIGPIPE, SIG_IGN);
    baton::cli::NodeFunctions functions;
    functions.version = baton::app::version();
    functions.commit = baton::app::commit();
    functions.start = start_node;
    functions.stop_database = baton::app::stop_private_database;
    functions.database = baton::app::run_database_command;
    functions.rebroadcast = rebroadcast;
    functions.examine = examine;
    const auto version = functions.version + "@" + functions.commit;
    const baton::cli::Program program{baton::cli::command_tree(std::move(functions)), version,
                                      baton::cli::read_globals};
    auto surroundings = process_surroundings();
    return baton::cli::run_program(program, std::vector<std::string>(words, words + count), surroundings);
}

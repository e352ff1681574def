#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/rendering.hpp"
#include "cmd/baton/tables.hpp"

#include <ostream>

namespace baton::cli {

namespace {

std::string coloured(const std::string& status, bool terminal) {
    if (!terminal) return status;
    return (status == "passing" ? "\x1b[32m" : "\x1b[31m") + status + "\x1b[0m";
}

int node_status(Invocation& invocation) {
    Client client(invocation);
    const auto checks = read_resources(client.fetch("GET", "/health?full=1", "parseResponse error: "));
    if (invocation.globals().json) {
        invocation.out() << resources_json(checks, false) << '\n';
        return 0;
    }
    std::vector<std::vector<std::string>> items;
    for (const auto& check : checks) {
        const auto status = codec::string_or(check.attributes, "status");
        items.push_back({codec::string_or(check.attributes, "name"),
                         coloured(status, invocation.surroundings().terminal_out),
                         codec::string_or(check.attributes, "output")});
    }
    invocation.out() << render_list({"Name", "Status", "Output"}, items);
    return 0;
}

}  // namespace

Command node_commands(const NodeFunctions& functions) {
    Command start;
    start.name = "start";
    start.aliases = {"node", "n"};
    start.usage = "Run the Chainlink node";
    start.flags = {
        {{"api", "a"}, "text file holding the API email and password, each on a line", Flag::Kind::text, ""},
        {{"debug", "d"}, "accepted, without effect; LOG_LEVEL sets the level", Flag::Kind::boolean, ""},
        {{"password", "p"}, "text file holding the password for the node's account", Flag::Kind::text, ""},
        {{"vrfpassword", "vp"},
         "text file holding the password for the vrf keys; enables Chainlink VRF oracle",
         Flag::Kind::text,
         ""},
    };
    start.action = [run = functions.start](Invocation& invocation) {
        const auto& flags = invocation.flags();
        return run({flags.text("password"), flags.text("vrfpassword"), flags.text("api")});
    };
    Command group;
    group.name = "node";
    group.aliases = {"local"};
    group.usage = "Commands for admin actions that must be run locally";
    group.subcommands = {std::move(start),
                         {"status",
                          {},
                          "Displays the health of various services running inside the node.",
                          {},
                          {},
                          node_status}};
    return group;
}

}  // namespace baton::cli

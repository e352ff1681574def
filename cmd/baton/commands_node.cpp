#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/failure.hpp"
#include "cmd/baton/leadership.hpp"
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

int hand_over(Invocation& invocation) {
    Client client(invocation);
    const auto to = invocation.flags().text("to");
    hand_over_to(client, to);
    if (to.empty()) {
        invocation.out() << "The leadership is handed over.\n";
        return 0;
    }
    const auto leader = new_leader(client, to);
    if (leader != to)
        throw Failure(to + " did not take over; " + (leader.empty() ? "nobody" : leader) + " leads");
    invocation.out() << to << " leads.\n";
    return 0;
}

Command database_group(const NodeFunctions& functions) {
    const auto plain = [run = functions.database](const std::string& name, const std::string& usage) {
        Command command;
        command.name = name;
        command.usage = usage;
        command.action = [run, name](Invocation&) { return run(name, false); };
        return command;
    };
    auto reset = plain("reset", "Drop and create everything in a database whose name ends in _test");
    reset.flags = {{{"dangerWillRobinson"}, "whatever the database is called", Flag::Kind::boolean, ""}};
    reset.action = [run = functions.database](Invocation& invocation) {
        return run("reset", invocation.flags().boolean("dangerWillRobinson"));
    };
    Command group;
    group.name = "db";
    group.usage = "Look at and migrate the database of DATABASE_URL, while nobody leads";
    group.subcommands = {plain("version", "Show the version of the schema"),
                         plain("status", "Show each migration and when it was applied"),
                         plain("migrate", "Bring the schema up to date"),
                         plain("rollback", "Refused: v1.11.0 runs on the schema as it is"), std::move(reset)};
    return group;
}

Command rebroadcast(const NodeFunctions& functions) {
    const auto number = [](std::vector<std::string> names, const std::string& usage) {
        return Flag{std::move(names), usage, Flag::Kind::integer, "0"};
    };
    Command command;
    command.name = "rebroadcast-transactions";
    command.usage =
        "Sign and send the transactions of a range of nonces again for another gas price, while nobody leads";
    command.flags = {
        number({"beginningNonce", "b"}, "first `NONCE` of the range"),
        number({"endingNonce", "e"}, "last `NONCE` of the range"),
        number({"gasPriceWei", "g"}, "gas price in `WEI`"),
        {{"password", "p"}, "`FILE` with the password of the key ring", Flag::Kind::text, ""},
        {{"address", "a"}, "`ADDRESS` that sent them", Flag::Kind::text, ""},
        {{"evmChainID"}, "`ID` of the chain; left out, the one that is configured", Flag::Kind::text, ""},
        number({"gasLimit"}, "gas limit of each; 0 keeps what they have")};
    command.action = [run = functions.rebroadcast](Invocation& invocation) {
        const auto& flags = invocation.flags();
        return run({flags.integer("beginningNonce"), flags.integer("endingNonce"),
                    flags.integer("gasPriceWei"), flags.integer("gasLimit"), flags.text("password"),
                    flags.text("address"), flags.text("evmChainID")});
    };
    return command;
}

}  // namespace

Command node_commands(const NodeFunctions& functions) {
    Command start;
    start.name = "start";
    start.aliases = {"node", "n"};
    start.usage = "Run the node: the leader, or a standby that passes writes on to it";
    start.flags = {
        {{"api", "a"},
         "`FILE` with e-mail and password of the first API user on two lines",
         Flag::Kind::text,
         ""},
        {{"debug", "d"}, "accepted, without effect; LOG_LEVEL sets the level", Flag::Kind::boolean, ""},
        {{"password", "p"}, "`FILE` with the password of the key ring", Flag::Kind::text, ""},
        {{"vrfpassword", "vp"},
         "`FILE` with the password of VRF keys from old versions",
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
    group.usage = "Run a node, and look at it";
    group.subcommands = {
        std::move(start),
        {"status", {}, "Show the health checks of a running node", {}, {}, node_status},
        {"handover",
         {},
         "Make the leader pass the leadership to a waiting instance",
         {{{"to"}, "`NAME` (HA_NAME) of the instance that takes over, and no other", Flag::Kind::text, ""}},
         {},
         hand_over},
        rebroadcast(functions),
        database_group(functions)};
    return group;
}

}  // namespace baton::cli

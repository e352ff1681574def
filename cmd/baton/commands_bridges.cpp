#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/pages.hpp"
#include "cmd/baton/rendering.hpp"
#include "cmd/baton/tables.hpp"

#include <ostream>

namespace baton::cli {

namespace {

constexpr const char* resource_prefix = "parseResponse error: ";

std::string confirmations_of(const codec::Value& bridge) {
    return std::to_string(codec::int64_member(bridge, "confirmations").value_or(0));
}

void print_bridge(Invocation& invocation, const std::string& document) {
    const auto bridges = read_resources(document);
    const auto& bridge = bridges.front();
    if (invocation.globals().json) {
        invocation.out() << resource_json(bridge, false) << '\n';
        return;
    }
    const auto& attributes = bridge.attributes;
    BoxTable table("Bridge", {"Name", "URL", "Default Confirmations", "Outgoing Token"});
    table.add_row({codec::string_or(attributes, "name"), codec::string_or(attributes, "url"),
                   confirmations_of(attributes), codec::string_or(attributes, "outgoingToken")});
    invocation.out() << table.render();
}

int list_bridges(Invocation& invocation) {
    const auto bridges = fetch_page(invocation, "/v2/bridge_types");
    if (invocation.globals().json) {
        invocation.out() << resources_json(bridges, false) << '\n';
        return 0;
    }
    BoxTable table("Bridges", {"Name", "URL", "Confirmations"});
    for (const auto& bridge : bridges) {
        table.add_row({codec::string_or(bridge.attributes, "name"),
                       codec::string_or(bridge.attributes, "url"), confirmations_of(bridge.attributes)});
    }
    invocation.out() << table.render();
    return 0;
}

int show_bridge(Invocation& invocation) {
    const auto& name = invocation.first_argument("must pass the name of the bridge to be shown");
    Client client(invocation);
    print_bridge(invocation, client.fetch("GET", "/v2/bridge_types/" + name, resource_prefix));
    return 0;
}

bool is_json(const std::string& text) {
    try {
        codec::read_json(text);
        return true;
    } catch (const codec::JsonError&) {
        return false;
    }
}

int create_bridge(Invocation& invocation) {
    const auto& argument =
        invocation.first_argument("must pass in the bridge's parameters [JSON blob | JSON filepath]");
    const auto body = text_or_file(argument, "JSON", invocation.surroundings(), is_json);
    Client client(invocation);
    print_bridge(invocation, client.fetch("POST", "/v2/bridge_types", resource_prefix, body));
    return 0;
}

int destroy_bridge(Invocation& invocation) {
    const auto& name = invocation.first_argument("must pass the name of the bridge to be removed");
    Client client(invocation);
    print_bridge(invocation, client.fetch("DELETE", "/v2/bridge_types/" + name, resource_prefix));
    return 0;
}

}  // namespace

Command bridge_commands() {
    Command group;
    group.name = "bridges";
    group.usage = "List, show, create and destroy bridges to external adapters";
    group.subcommands = {
        {"create", {}, "Create a bridge from JSON, given as text or file", {}, {}, create_bridge},
        {"destroy", {}, "Remove a bridge that no job uses", {}, {}, destroy_bridge},
        {"list",
         {},
         "List the bridges",
         {{{"page"}, "`PAGE` of the list, from 1", Flag::Kind::integer, ""}},
         {},
         list_bridges},
        {"show", {}, "Show one bridge", {}, {}, show_bridge},
    };
    return group;
}

}  // namespace baton::cli

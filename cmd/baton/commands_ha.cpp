#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/drill.hpp"
#include "cmd/baton/rendering.hpp"
#include "cmd/baton/tables.hpp"

#include <cstdio>
#include <ostream>

namespace baton::cli {

namespace {

const codec::List& list_of(const codec::Value& object, std::string_view name) {
    static const codec::List none;
    const auto* member = codec::member(object, name);
    const auto* list = member ? member->list_or_null() : nullptr;
    return list ? *list : none;
}

std::string texts_of(const codec::Value& object, std::string_view name) {
    std::string all;
    for (const auto& text : list_of(object, name)) {
        const auto* one = text.text_or_null();
        all += (all.empty() ? "" : ", ") + (one ? *one : std::string());
    }
    return all;
}

std::string seconds_of(const codec::Value& object, std::string_view name) {
    const auto milliseconds = codec::int64_member(object, name).value_or(0);
    char text[32];
    std::snprintf(text, sizeof text, "%.1fs ago", static_cast<double>(milliseconds) / 1000);
    return text;
}

std::string instance_table(const codec::Value& leadership) {
    BoxTable table("Instances",
                   {"Name", "State", "Last seen", "Priority", "Version", "Address", "Waits for"});
    for (const auto& instance : list_of(leadership, "instances")) {
        table.add_row({codec::string_or(instance, "name"), codec::string_or(instance, "state"),
                       seconds_of(instance, "silentMilliseconds"),
                       std::to_string(codec::int64_member(instance, "priority").value_or(0)),
                       codec::string_or(instance, "version"), codec::string_or(instance, "address"),
                       codec::string_or(instance, "waitsFor")});
    }
    return table.render();
}

std::string lock_table(const codec::Value& leadership) {
    BoxTable table("Locks (mode " + codec::string_or(leadership, "mode") + ")",
                   {"Lock", "Held by", "Waiting"});
    for (const auto& lock : list_of(leadership, "locks"))
        table.add_row(
            {codec::string_or(lock, "name"), codec::string_or(lock, "holder"), texts_of(lock, "waiting")});
    return table.render();
}

/// After a kill nobody saw the moment of death: then the gap is at least so long.
std::string gap_of(const codec::Value& takeover) {
    const auto microseconds = codec::int64_member(takeover, "gapMicroseconds");
    if (!microseconds) return "";
    constexpr std::int64_t ten_seconds = 10'000'000;
    const bool short_one = *microseconds < ten_seconds;
    char text[48];
    std::snprintf(text, sizeof text, short_one ? "%.1f ms" : "%.1f s",
                  static_cast<double>(*microseconds) / (short_one ? 1'000 : 1'000'000));
    const bool unseen = codec::string_or(takeover, "gapKnownBy") == "lock grant";
    return (unseen ? "at least " : "") + std::string(text);
}

/// The last ones, newest first.
std::string takeover_table(const codec::Value& leadership) {
    constexpr std::size_t most = 5;
    BoxTable table("Takeovers",
                   {"Epoch", "At", "Leader", "After", "Reason", "Nobody led for", "Counted from"});
    const auto& history = list_of(leadership, "history");
    for (std::size_t i = 0; i < history.size() && i < most; ++i) {
        const auto& takeover = history[i];
        table.add_row({std::to_string(codec::int64_member(takeover, "epoch").value_or(0)),
                       table_time(codec::string_or(takeover, "at")), codec::string_or(takeover, "instance"),
                       codec::string_or(takeover, "from"), codec::string_or(takeover, "reason"),
                       gap_of(takeover), codec::string_or(takeover, "gapKnownBy")});
    }
    return table.render();
}

std::string leader_line(const Resource& leadership) {
    const auto* leader = codec::member(leadership.attributes, "leader");
    const auto name = leader ? codec::string_or(*leader, "name") : std::string();
    if (name.empty()) return "Nobody leads.\n";
    return name + " leads since " + table_time(codec::string_or(*leader, "since")) + ", epoch " +
           leadership.id + ".\n";
}

int status(Invocation& invocation) {
    Client client(invocation);
    const auto leadership =
        read_resources(client.fetch("GET", "/v2/leadership", "parseResponse error: ")).at(0);
    if (invocation.globals().json) {
        invocation.out() << resource_json(leadership, true) << '\n';
        return 0;
    }
    const auto& attributes = leadership.attributes;
    invocation.out() << leader_line(leadership) << instance_table(attributes) << lock_table(attributes)
                     << takeover_table(attributes);
    for (const auto& risk : list_of(attributes, "risks")) {
        if (const auto* text = risk.text_or_null()) invocation.out() << "Risk: " << *text << '\n';
    }
    return 0;
}

}  // namespace

Command ha_commands() {
    Command group;
    group.name = "ha";
    group.usage = "See how several instances share the work";
    group.subcommands = {
        {"status",
         {},
         "Show the instances, who leads, who holds and waits for which lock, and the last takeovers",
         {},
         {},
         status},
        {"drill",
         {},
         "Hand the leadership to the first standby and back, and measure what that costs",
         {{{"job"},
           "`UUID` of a webhook job without side effects: it is run all the time, to see "
           "whether runs are lost",
           Flag::Kind::text,
           ""},
          {{"kill"},
           "instead, end the leader's process at once, with no clean-up, and leave it ended; needs --confirm",
           Flag::Kind::boolean,
           ""},
          {{"confirm"}, "`NAME` of the leader that --kill ends", Flag::Kind::text, ""},
          {{"limit"}, "most `MILLISECONDS` without a leader", Flag::Kind::integer, "1000"}},
         {},
         ha_drill}};
    return group;
}

}  // namespace baton::cli

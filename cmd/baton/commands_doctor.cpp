#include "baton/codec/json.hpp"
#include "cmd/baton/commands.hpp"
#include "cmd/baton/json_text.hpp"

#include <ostream>

namespace baton::cli {

namespace {

using Level = NodeFunctions::Finding::Level;

std::string name_of(Level level) {
    switch (level) {
        case Level::ok:
            return "ok";
        case Level::warning:
            return "warning";
        case Level::problem:
            return "problem";
    }
    return "";
}

std::string as_json(const std::vector<NodeFunctions::Finding>& findings) {
    std::string list = "[";
    for (const auto& finding : findings) {
        list += (list.size() > 1 ? ",{" : "{");
        list += "\"level\":" + codec::quote_json(name_of(finding.level)) +
                ",\"check\":" + codec::quote_json(finding.check) +
                ",\"text\":" + codec::quote_json(finding.text) + "}";
    }
    return indent_json(list + "]");
}

/// 0: nothing is wrong, or warnings only; 2: something would keep a takeover from succeeding. 1 is for errors
/// of the command line.
int doctor(Invocation& invocation, const NodeFunctions& functions) {
    const auto findings = functions.examine(invocation.flags().text("password"));
    int problems = 0;
    int warnings = 0;
    for (const auto& finding : findings) {
        problems += finding.level == Level::problem ? 1 : 0;
        warnings += finding.level == Level::warning ? 1 : 0;
    }
    if (invocation.globals().json) {
        invocation.out() << as_json(findings) << '\n';
    } else {
        for (const auto& finding : findings) {
            auto level = name_of(finding.level);
            level.resize(9, ' ');
            invocation.out() << level << finding.check << ": " << finding.text << '\n';
        }
        invocation.out() << problems << " problems, " << warnings << " warnings\n";
    }
    return problems > 0 ? 2 : 0;
}

}  // namespace

Command doctor_command(const NodeFunctions& functions) {
    Command command;
    command.name = "doctor";
    command.usage = "Check everything that a takeover depends on, with this environment's configuration";
    command.flags = {
        {{"password", "p"}, "`FILE` with the password of the key ring, to try it", Flag::Kind::text, ""}};
    command.action = [functions](Invocation& invocation) { return doctor(invocation, functions); };
    return command;
}

}  // namespace baton::cli

#include "cmd/baton/help.hpp"

#include <algorithm>
#include <utility>

namespace baton::cli {

namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

/// Two columns, three blanks in front and two between.
std::string columns(const Rows& rows) {
    std::size_t width = 0;
    for (const auto& [left, right] : rows)
        width = std::max(width, left.size());
    std::string text;
    for (const auto& [left, right] : rows) {
        text += "   " + left;
        if (!right.empty()) text += std::string(width - left.size() + 2, ' ') + right;
        text += '\n';
    }
    return text;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts)
        text += (text.empty() ? "" : ", ") + part;
    return text;
}

/// "text file holding the `PASSWORD`" gives PASSWORD and the text without the quotes.
std::pair<std::string, std::string> placeholder(const std::string& usage) {
    const auto begin = usage.find('`');
    const auto end = begin == std::string::npos ? begin : usage.find('`', begin + 1);
    if (end == std::string::npos) return {"value", usage};
    const auto name = usage.substr(begin + 1, end - begin - 1);
    return {name, usage.substr(0, begin) + name + usage.substr(end + 1)};
}

std::pair<std::string, std::string> flag_row(const Flag& flag) {
    auto [value, usage] = placeholder(flag.usage);
    std::vector<std::string> forms;
    for (const auto& name : flag.names) {
        auto form = (name.size() == 1 ? "-" : "--") + name;
        if (flag.kind != Flag::Kind::boolean) form += ' ' + value;
        forms.push_back(std::move(form));
    }
    if (flag.kind == Flag::Kind::integer) {
        usage += " (default: " + (flag.default_text.empty() ? std::string("0") : flag.default_text) + ")";
    } else if (!flag.default_text.empty()) {
        usage += " (default: \"" + flag.default_text + "\")";
    }
    return {joined(forms), usage};
}

std::string options(const std::vector<Flag>& flags, bool with_version) {
    Rows rows;
    for (const auto& flag : flags)
        rows.push_back(flag_row(flag));
    rows.emplace_back("--help, -h", "show help");
    if (with_version) rows.emplace_back("--version, -v", "print the version");
    return columns(rows);
}

std::string commands(const Command& parent) {
    Rows rows;
    for (const auto& command : parent.subcommands) {
        auto names = command.aliases;
        names.insert(names.begin(), command.name);
        rows.emplace_back(joined(names), command.usage);
    }
    rows.emplace_back("help, h", "Shows a list of commands or help for one command");
    return columns(rows);
}

std::string name_section(const Command& command, const std::string& path) {
    return "NAME:\n   " + path + " - " + command.usage + "\n\nUSAGE:\n   " + path;
}

}  // namespace

std::string root_help(const Command& root, const std::string& path, const std::string& version) {
    return name_section(root, path) +
           " [global options] command [command options] [arguments...]\n\nVERSION:\n   " + version +
           "\n\nCOMMANDS:\n" + commands(root) + "\nGLOBAL OPTIONS:\n" + options(root.flags, true) + "   \n";
}

std::string group_help(const Command& group, const std::string& path) {
    return name_section(group, path) + " command [command options] [arguments...]\n\nCOMMANDS:\n" +
           commands(group) + "\nOPTIONS:\n" + options(group.flags, false) + "   \n";
}

std::string leaf_help(const Command& leaf, const std::string& path) {
    if (leaf.flags.empty()) return name_section(leaf, path) + " [arguments...]\n";
    Rows rows;
    for (const auto& flag : leaf.flags)
        rows.push_back(flag_row(flag));
    return name_section(leaf, path) + " [command options] [arguments...]\n\nOPTIONS:\n" + columns(rows) +
           "   \n";
}

}  // namespace baton::cli

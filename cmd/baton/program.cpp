#include "cmd/baton/program.hpp"

#include "cmd/baton/failure.hpp"
#include "cmd/baton/help.hpp"

#include <algorithm>
#include <ctime>
#include <exception>
#include <ostream>

namespace baton::cli {

namespace {

constexpr int unknown_command = 3;

const Flag help_flag{{"help", "h"}, "show help", Flag::Kind::boolean, ""};
const Flag version_flag{{"version", "v"}, "print the version", Flag::Kind::boolean, ""};

/// As Go's log package begins its lines.
std::string log_time() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    char text[32];
    const auto length = std::strftime(text, sizeof text, "%Y/%m/%d %H:%M:%S", &parts);
    return std::string(text, length);
}

const Command* find(const Command& group, const std::string& word) {
    const auto found = std::find_if(group.subcommands.begin(), group.subcommands.end(),
                                    [&](const auto& command) { return command.answers_to(word); });
    return found == group.subcommands.end() ? nullptr : &*found;
}

class Run {
  public:
    Run(const Program& program, Surroundings& surroundings)
        : program_(program), surroundings_(surroundings) {}

    int root(const std::vector<std::string>& words) {
        const auto slash = words.front().rfind('/');
        name_ = words.front().substr(slash == std::string::npos ? 0 : slash + 1);
        auto flags = program_.root.flags;
        flags.push_back(help_flag);
        flags.push_back(version_flag);
        const std::vector<std::string> arguments(words.begin() + 1, words.end());
        const auto parsed = parse(flags, arguments, program_.root, name_);
        if (!parsed) return 1;
        if (parsed->values.boolean("help")) return show_help(program_.root, name_);
        if (parsed->values.boolean("version")) {
            *surroundings_.out << name_ << " version " << program_.version << '\n';
            return 0;
        }
        // Flags of `flags` die with this function; the globals do not refer to them.
        globals_ = program_.read_globals(parsed->values, surroundings_);
        return subcommand(program_.root, name_, parsed->rest);
    }

    /// The line that v1.11.0 ends with when an error reaches main().
    void log_failure(const std::string& text) {
        *surroundings_.err << log_time() << " Error running app: " << text << '\n';
    }

  private:
    /// Nothing when the options were wrong, which has been said then.
    std::optional<ParsedFlags> parse(const std::vector<Flag>& flags, const std::vector<std::string>& words,
                                     const Command& command, const std::string& path) {
        try {
            return parse_flags(flags, words);
        } catch (const UsageError& error) {
            auto& out = *surroundings_.out;
            if (!command.is_group()) {
                out << "Incorrect Usage: " << error.what() << "\n\n";
            } else if (dynamic_cast<const TwoForms*>(&error)) {
                out << error.what() << '\n';
            } else {
                out << "Incorrect Usage. " << error.what() << "\n\n";
            }
            show_help(command, path);
            log_failure(error.what());
            return std::nullopt;
        }
    }

    int show_help(const Command& command, const std::string& path) {
        if (&command == &program_.root) {
            *surroundings_.out << root_help(command, path, program_.version);
        } else {
            *surroundings_.out << (command.is_group() ? group_help(command, path) : leaf_help(command, path));
        }
        return 0;
    }

    int no_topic(const std::string& word) {
        *surroundings_.err << "No help topic for '" << word << "'\n";
        return unknown_command;
    }

    /// `words` begins with the name of a subcommand of `group`, or is empty.
    int subcommand(const Command& group, const std::string& path, const std::vector<std::string>& words) {
        if (words.empty()) return show_help(group, path);
        const std::vector<std::string> rest(words.begin() + 1, words.end());
        if (words.front() == "help" || words.front() == "h") return help_command(group, path, rest);
        const auto* command = find(group, words.front());
        if (!command) return no_topic(words.front());
        const auto below = path + ' ' + command->name;
        return command->is_group() ? run_group(*command, below, rest) : run_leaf(*command, below, rest);
    }

    int help_command(const Command& group, const std::string& path, const std::vector<std::string>& words) {
        if (words.empty()) return show_help(group, path);
        const auto* command = find(group, words.front());
        return command ? show_help(*command, path + ' ' + command->name) : no_topic(words.front());
    }

    int run_group(const Command& group, const std::string& path, const std::vector<std::string>& words) {
        auto flags = group.flags;
        flags.push_back(help_flag);
        const auto parsed = parse(flags, words, group, path);
        if (!parsed) return 1;
        if (parsed->values.boolean("help")) return show_help(group, path);
        return subcommand(group, path, parsed->rest);
    }

    int run_leaf(const Command& leaf, const std::string& path, const std::vector<std::string>& words) {
        auto flags = leaf.flags;
        flags.push_back(help_flag);
        auto parsed = parse(flags, reorder(flags, words), leaf, path);
        if (!parsed) return 1;
        if (parsed->values.boolean("help")) return show_help(leaf, path);
        Invocation invocation(surroundings_, globals_, std::move(parsed->values), std::move(parsed->rest));
        return leaf.action(invocation);
    }

    const Program& program_;
    Surroundings& surroundings_;
    std::string name_;
    Globals globals_;
};

}  // namespace

bool Command::answers_to(const std::string& word) const {
    return word == name || std::find(aliases.begin(), aliases.end(), word) != aliases.end();
}

int run_program(const Program& program, const std::vector<std::string>& words, Surroundings& surroundings) {
    Run run(program, surroundings);
    int code = 1;
    try {
        code = run.root(words);
    } catch (const PlainFailure& failure) {
        run.log_failure(failure.what());
    } catch (const EndOfInput& failure) {
        *surroundings.out << failure.what() << '\n';
    } catch (const std::exception& failure) {
        *surroundings.err << failure.what() << '\n';
    }
    surroundings.out->flush();
    surroundings.err->flush();
    return code;
}

}  // namespace baton::cli

#pragma once

#include <functional>
#include <string>
#include <vector>

namespace baton::cli {

class Invocation;

/// One option of a command. Names without dashes, longest first: {"json", "j"}.
struct Flag {
    enum class Kind {
        boolean,
        text,
        integer,
        /// May be given several times.
        texts,
    };
    std::vector<std::string> names;
    /// For the help; a word in back quotes names the value: "text file holding the `PASSWORD`".
    std::string usage;
    Kind kind = Kind::text;
    /// Shown in the help and used when the flag is absent.
    std::string default_text;
};

/// A node of the command tree: a group with subcommands, or a leaf with an action.
struct Command {
    std::string name;
    std::vector<std::string> aliases;
    std::string usage;
    std::vector<Flag> flags;
    std::vector<Command> subcommands;
    /// Gives the exit code; errors are thrown (failure.hpp).
    std::function<int(Invocation&)> action;

    bool is_group() const { return !subcommands.empty(); }
    bool answers_to(const std::string& word) const;
};

}  // namespace baton::cli

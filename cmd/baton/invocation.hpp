#pragma once

#include "cmd/baton/flags.hpp"

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace baton::cli {

/// What the program meets outside: streams, environment, terminal. Tests pass their own.
struct Surroundings {
    std::istream* in = nullptr;
    std::ostream* out = nullptr;
    std::ostream* err = nullptr;
    /// Nothing when the variable is not set.
    std::function<std::optional<std::string>(const std::string& name)> environment;
    /// RootDir: holds the cookie file.
    std::filesystem::path root;
    /// A terminal reads stdin; colours go to stdout.
    bool terminal_in = false;
    bool terminal_out = false;
};

/// The global options after environment and defaults (reference/cli.md section 2).
struct Globals {
    bool json = false;
    std::string remote_url = "http://localhost:6688";
    bool verify_tls = true;
    /// From --admin-credentials-file.
    struct Credentials {
        std::string email;
        std::string password;
    };
    std::optional<Credentials> credentials;
};

/// One run of a leaf command.
class Invocation {
  public:
    Invocation(Surroundings& surroundings, const Globals& globals, FlagValues flags,
               std::vector<std::string> arguments)
        : surroundings_(&surroundings),
          globals_(&globals),
          flags_(std::move(flags)),
          arguments_(std::move(arguments)) {}

    const Surroundings& surroundings() const { return *surroundings_; }
    const Globals& globals() const { return *globals_; }
    const FlagValues& flags() const { return flags_; }
    const std::vector<std::string>& arguments() const { return arguments_; }
    /// The first argument. Throws Failure with `missing` when there is none.
    const std::string& first_argument(const std::string& missing) const;
    std::ostream& out() const { return *surroundings_->out; }
    std::ostream& err() const { return *surroundings_->err; }

  private:
    Surroundings* surroundings_;
    const Globals* globals_;
    FlagValues flags_;
    std::vector<std::string> arguments_;
};

/// Two lines: e-mail and password, as in v1.11.0's credential files. Nothing when there are fewer than two
/// lines (a final newline counts as the start of a second one).
std::optional<Globals::Credentials> read_credentials(const std::string& content);

/// The whole file, or nothing.
std::optional<std::string> read_file(const std::filesystem::path& path);

}  // namespace baton::cli

#pragma once

#include "cmd/baton/command.hpp"
#include "cmd/baton/failure.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace baton::cli {

/// Values of the options of one command, by the flag's first name.
class FlagValues {
  public:
    explicit FlagValues(const std::vector<Flag>& flags);

    bool is_set(const std::string& name) const;
    bool boolean(const std::string& name) const;
    /// The value, or the flag's default.
    std::string text(const std::string& name) const;
    /// REQUIRES: an integer flag.
    std::int64_t integer(const std::string& name) const;
    std::vector<std::string> texts(const std::string& name) const;

  private:
    friend class FlagParser;
    std::map<std::string, const Flag*> flags_;
    std::map<std::string, std::vector<std::string>> given_;
};

struct ParsedFlags {
    FlagValues values;
    /// What is left: from the first word that is no option on, or after "--".
    std::vector<std::string> rest;
};

/// Both given: -c and --config. The text is complete; shown with the help.
class TwoForms : public UsageError {
  public:
    using UsageError::UsageError;
};

/// Options in Go's syntax (reference/cli.md section 1): one or two dashes mean the same, a value after '=' or
/// as the next word, booleans take a value only after '='. Stops at the first word that is no option. `flags`
/// outlives the values. Throws UsageError with the texts of Go's flag package.
ParsedFlags parse_flags(const std::vector<Flag>& flags, const std::vector<std::string>& words);

/// For leaf commands: moves options before the positional arguments, with the trap that a word after any
/// option (a boolean one too) is taken along with it.
std::vector<std::string> reorder(const std::vector<Flag>& flags, const std::vector<std::string>& words);

}  // namespace baton::cli

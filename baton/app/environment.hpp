#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/error.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::app {

/// A setting has a value that cannot be used. One line: the variable, its value (never of a secret), what is
/// expected.
class BadSetting : public InvalidInput {
  public:
    BadSetting(std::string_view name, std::string_view value, std::string_view expected);
};

/// Reads typed settings from the environment (reference/configuration.md: types in its head). An empty
/// variable counts as unset, as in v1.11.0; a value that cannot be read stops the start, where v1.11.0 would
/// log and go on with the default.
class Environment {
  public:
    using Lookup = std::function<std::optional<std::string>(const std::string& name)>;
    explicit Environment(Lookup lookup) : lookup_(std::move(lookup)) {}
    /// The process environment.
    static Environment process();

    bool has(const std::string& name) const { return text(name).has_value(); }
    std::optional<std::string> text(const std::string& name) const;
    std::string text(const std::string& name, std::string fallback) const;
    bool boolean(const std::string& name, bool fallback) const;
    std::int64_t integer(const std::string& name, std::int64_t fallback, std::int64_t least,
                         std::int64_t most) const;
    std::uint32_t uint32(const std::string& name, std::uint32_t fallback) const;
    std::uint16_t port(const std::string& name, std::uint16_t fallback) const;
    std::chrono::nanoseconds duration(const std::string& name, std::chrono::nanoseconds fallback) const;
    std::chrono::milliseconds milliseconds(const std::string& name, std::chrono::milliseconds fallback) const;
    /// Bytes: "5120mb", "4gb", a bare number.
    std::uint64_t size(const std::string& name, std::uint64_t fallback) const;
    /// "wei", "gwei" ... or a bare integer of wei.
    BigInt wei(const std::string& name, BigInt fallback) const;
    /// Juels, or "0.1 link".
    BigInt link(const std::string& name, BigInt fallback) const;
    std::optional<BigInt> big(const std::string& name) const;
    std::optional<Address> address(const std::string& name) const;
    double fraction(const std::string& name, double fallback) const;
    /// An absolute URL with one of the schemes.
    std::optional<std::string> url(const std::string& name, const std::vector<std::string>& schemes) const;
    std::vector<std::string> url_list(const std::string& name, const std::vector<std::string>& schemes) const;

  private:
    Lookup lookup_;
};

/// ASCII letters in lower case.
std::string lowered(std::string_view text);
/// "20 gwei", "1000": wei; nothing when unreadable. Also the form of evm_chains.cfg.
std::optional<BigInt> parse_wei(std::string_view text);
/// "0.1 link", "100 juels", "5": juels.
std::optional<BigInt> parse_link(std::string_view text);
/// "5120mb", "1.5gb", "10": bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace baton::app

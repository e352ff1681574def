#pragma once

#include "baton/base/big_int.hpp"
#include "baton/base/bytes.hpp"
#include "baton/base/uuid.hpp"
#include "baton/codec/toml.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::api {

// Fields of a job specification as v1.11.0 decodes them (reference/jobs.md section 1.1): the key in its four
// spellings, and the errors "(line, column): ...". An absent key gives nothing. All throw InvalidInput.

class TomlFields {
  public:
    explicit TomlFields(const codec::TomlTable& table) : table_(&table) {}

    /// A plain string of the Go type `go_type`; no other scalar is taken.
    std::string string(std::string_view key, std::string_view go_type = "string") const;
    std::optional<std::uint32_t> uint32(std::string_view key) const;
    bool boolean(std::string_view key) const;

    // Types that parse themselves from the text of any scalar.
    std::optional<std::string> text(std::string_view key) const;
    std::optional<std::uint32_t> nullable_uint32(std::string_view key) const;
    std::optional<std::chrono::nanoseconds> interval(std::string_view key) const;
    std::optional<Uuid> uuid(std::string_view key) const;
    std::optional<Address> eip55_address(std::string_view key) const;
    std::vector<Address> addresses(std::string_view key) const;
    std::optional<BigInt> big_int(std::string_view key) const;
    std::optional<BigInt> link(std::string_view key) const;

    /// The array of tables under a key, empty when absent.
    std::vector<codec::TomlTable> tables(std::string_view key) const;
    /// The value under a key, or nullptr.
    const codec::TomlValue* find(std::string_view key) const { return table_->find(key); }

  private:
    const codec::TomlTable* table_;
};

/// "(3, 14): <text>"
[[noreturn]] void fail_at(const codec::TomlValue& value, const std::string& text);
/// "(3, 14): unmarshal text: <cause>"
[[noreturn]] void fail_text(const codec::TomlValue& value, const std::string& cause);

}  // namespace baton::api

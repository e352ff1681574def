#pragma once

#include "baton/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace baton::codec {

/// Where in a document, counted from 1.
struct TomlPosition {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    /// "(3, 14)", as v1.11.0 writes it before errors about a value.
    std::string to_string() const;
};

/// The text is no TOML. what() is "(line, column): <reason>"; v1.11.0's prefix ("toml error on load: ") is
/// the caller's.
class TomlError : public InvalidInput {
  public:
    TomlError(TomlPosition position, const std::string& reason);
    TomlPosition position() const { return position_; }

  private:
    TomlPosition position_;
};

class TomlValue;

/// A table; members in the order of the document.
class TomlTable {
  public:
    /// Exactly this key, or nullptr.
    const TomlValue* get(std::string_view key) const;
    /// The key of a field of a job specification: tries the exact name, all lower case, ALL UPPER CASE, first
    /// letter lowered, in this order (reference/jobs.md section 1.1). nullptr if none is there.
    const TomlValue* find(std::string_view field) const;

    const std::vector<std::pair<std::string, TomlValue>>& members() const { return members_; }
    void add(std::string key, TomlValue value);

  private:
    std::vector<std::pair<std::string, TomlValue>> members_;
};

/// A date or time, as RFC 3339 text.
struct TomlDateTime {
    std::string text;
};

class TomlValue {
  public:
    using Array = std::vector<TomlValue>;
    using Storage = std::variant<std::string, std::int64_t, double, bool, TomlDateTime, Array, TomlTable>;

    TomlValue(Storage storage, TomlPosition position) : storage_(std::move(storage)), position_(position) {}

    const Storage& storage() const { return storage_; }
    template <typename T>
    const T* get_if() const {
        return std::get_if<T>(&storage_);
    }
    TomlPosition position() const { return position_; }
    /// What types that parse themselves from text receive: strings as they are, other scalars as Go prints
    /// them
    /// ("5", "1.5", "true"); nothing for arrays and tables.
    std::optional<std::string> scalar_text() const;
    /// "string", "integer", "float", "boolean", "datetime", "array", "table": for messages.
    std::string kind() const;

  private:
    Storage storage_;
    TomlPosition position_;
};

/// Throws TomlError.
TomlTable read_toml(std::string_view text);

}  // namespace baton::codec

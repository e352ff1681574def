#pragma once

#include "baton/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::pg {

// PostgreSQL's text forms, as far as Baton uses them (DateStyle ISO).

/// "2022-01-01T00:00:00.000001Z"; years 1 to 294276. Throws InvalidInput for others.
std::string timestamp_text(WallTime time);
/// Throws InvalidInput for a time that PostgreSQL cannot store.
void require_storable(WallTime time);
/// Throws InvalidInput for a text with a zero byte: PostgreSQL stores none, and libpq would cut it there
/// without a word.
void require_no_zero_byte(std::string_view text);
/// timestamptz or timestamp; the latter is taken as UTC. Nothing for "infinity", years before Christ and
/// other texts.
std::optional<WallTime> parse_timestamp(std::string_view text);

/// Elements of a one-dimensional array literal, nullopt for NULL. Nothing for nested arrays and other texts.
std::optional<std::vector<std::optional<std::string>>> parse_array(std::string_view text);

/// "name", with quotes inside doubled: for schema names that cannot be parameters.
std::string quote_identifier(std::string_view name);

}  // namespace baton::pg

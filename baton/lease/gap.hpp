#pragma once

#include "baton/base/clock.hpp"
#include "baton/pg/connection.hpp"
#include "baton/pg/migrate.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace baton::lease {

/// Since when nobody leads, or led, before a takeover: a row of `leadership_gaps` (model::LeadershipGap).
struct GapStart {
    /// The takeover that ended, or will end, the gap.
    std::int64_t epoch = 0;
    std::string known_by;
    /// By the server's clock, in its text form.
    std::optional<std::string> since;
    /// By this machine's clock, where the server's is not known.
    BootClock::time_point noted{};
    /// Somebody else led in between who noted nothing: a v1.11.0.
    bool replaces = false;
};

/// The leader of this epoch ends its work now.
GapStart released(std::int64_t epoch);
/// Writes it; a row that is there stays, because who released knew more. REQUIRES: own tables of this
/// version.
pg::Statement note_gap(const std::string& own_schema, const GapStart& gap);

}  // namespace baton::lease

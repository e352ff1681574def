#pragma once

#include "baton/base/clock.hpp"
#include "baton/base/uuid.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace baton::model {

enum class LockingMode { dual, lease, advisorylock, none };
std::string to_string(LockingMode mode);
/// Throws baton::Error for an unknown text.
LockingMode parse_locking_mode(std::string_view text);

/// starting -> standby -> taking -> leading -> draining -> standby | stopped (baton/lease/README.md).
enum class LeadershipState { starting, standby, taking, leading, draining, stopped };
std::string to_string(LeadershipState state);
LeadershipState parse_leadership_state(std::string_view text);

/// How long nobody led before a takeover.
struct LeadershipGap {
    std::chrono::microseconds length{0};
    /// "release": counted from when the former leader's work had ended and it gave the locks back. "last
    /// heartbeat": from then on it was silent. "lock grant": from when the lock was passed on; its end was
    /// before that, unseen, so that the gap is at least so long.
    std::string known_by;
};

/// A row of baton.leadership_log, and what baton.leadership_gaps says of it.
struct LeadershipChange {
    std::int64_t epoch = 0;
    std::string instance;
    /// Name of the former leader; empty for the first.
    std::string from_instance;
    /// "first start", "leader gone", "handover", "lease expired", ...
    std::string reason;
    WallTime at{};
    /// From the moment that the locks were granted until the takeover's commit.
    std::chrono::microseconds took{0};
    /// Nothing for a first start, and for takeovers of versions that did not note it.
    std::optional<LeadershipGap> gap;
};

/// A row of baton.instances.
struct Instance {
    Uuid client_id;
    std::string name;
    std::string address;
    std::string version;
    LeadershipState state = LeadershipState::starting;
    WallTime started_at{};
    WallTime last_seen{};
};

/// What everybody may know of who leads: the row of baton.leadership.
struct Leadership {
    std::int64_t epoch = 0;
    Uuid client_id;
    std::string instance;
    std::string address;
    WallTime since{};
    WallTime alive_at{};
};

}  // namespace baton::model

#pragma once

#include "baton/base/uuid.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::model {

// Which of several standbys goes first (baton/lease/README.md), as pure decisions.

/// A standby that goes before this one.
struct Rival {
    Uuid client_id;
    std::string name;
    /// A handover named it, a moment ago.
    bool named = false;
    /// It stands in the queue for the watch lock now.
    bool waits = false;
    bool operator==(const Rival&) const = default;
};

/// Whom this instance lets go first when it was granted the watch lock. To the one that a handover named it
/// gives way as long as the naming lasts, to one of higher priority once between two takeovers and only while
/// that one waits: who was let go first and did not lead must not be waited for again.
class Precedence {
  public:
    /// `ahead`: as the database tells them, the first one first; `epoch`: the last one that it knows.
    /// Remembers.
    std::optional<Rival> gives_way_to(const std::vector<Rival>& ahead, std::int64_t epoch);

  private:
    std::int64_t epoch_ = 0;
    std::vector<Uuid> let_go_first_;
};

/// What is known of an instance that a handover could go to.
struct HandoverCandidate {
    Uuid client_id;
    std::string name;
    /// "standby", or why it could not take over: "leading", "stopped", ...
    std::string state;
    std::chrono::milliseconds silent_for{0};
    bool waits = false;
};

/// The one that a handover to `name` goes to. Throws InvalidInput with a sentence for the operator: unknown
/// name, more than one of that name, this instance itself, not waiting.
HandoverCandidate handover_target(const std::vector<HandoverCandidate>& candidates, const Uuid& self,
                                  const std::string& name);
/// A standby that would take over from a handover without a name.
bool can_take_over(const HandoverCandidate& candidate);
/// A standby that is about to queue: it has just handed over, or opens its lock sessions again.
bool comes_soon(const HandoverCandidate& candidate);

}  // namespace baton::model

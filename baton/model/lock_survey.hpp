#pragma once

#include "baton/base/uuid.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace baton::model {

/// One lock of the leadership as somebody outside sees it.
struct LockSight {
    /// "watch", "lease", "advisory".
    std::string lock;
    /// Name of the instance, "Chainlink v1.11.0 <start of its client id>", or which session it is; empty:
    /// nobody.
    std::string holder;
    /// The holder's session shows when it last spoke, so that a frozen one can be told from a living one.
    bool holder_visible = true;
    /// Names in the order of the queue.
    std::vector<std::string> waiting;
};

/// What the database tells of an instance, beside what it says of itself.
struct InstanceSight {
    Uuid client_id;
    std::string name;
    std::string state;
    std::int32_t priority = 0;
    /// Since its last sign of life, by the server's clock.
    std::chrono::milliseconds silent_for{0};
    /// "the watch lock, held by chainlink"; empty when it waits for nothing.
    std::string waits_for;
};

/// Who holds and who waits for what, at one moment.
struct LockSurvey {
    std::vector<LockSight> locks;
    std::vector<InstanceSight> instances;
    /// What could go wrong unnoticed, or would not go well: a sentence each, for the operator.
    std::vector<std::string> risks;
};

}  // namespace baton::model

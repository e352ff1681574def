#pragma once

#include "cmd/baton/invocation.hpp"

namespace baton::cli {

/// `ha drill`: hands the leadership to the first waiting standby and back, measures how long nobody led, and
/// with a webhook job whether its runs were lost or done twice meanwhile. With --kill it ends the leader's
/// process instead, and does not bring it back. 0: well; 2: a gap over the limit, or a fault. Throws Failure
/// when it cannot begin or not go on; then whoever leads by then stays leader.
int ha_drill(Invocation& invocation);

}  // namespace baton::cli

#pragma once

namespace baton::app {

/// Asks the kernel for short turns of the calling thread, or for turns as everybody has them. Who has short
/// turns gets the next one sooner when others want the processor too, for the same share of it. A standby
/// needs that: when the leader dies, the server processes of all its sessions end at the same time, and each
/// takes some milliseconds of a processor. Needs no rights; Linux before 6.12 takes no notice
/// (sched_setattr(2), sched_runtime of SCHED_OTHER).
void take_short_turns(bool yes);

}  // namespace baton::app

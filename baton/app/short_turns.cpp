#include "baton/app/short_turns.hpp"

#include <sys/syscall.h>
#include <unistd.h>
#include <cstdint>

namespace baton::app {

namespace {

/// What the kernel calls sched_attr, in its first version; the header that has it clashes with sched.h.
struct SchedulingAttributes {
    std::uint32_t size = sizeof(SchedulingAttributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0;
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
};

/// The shortest that the kernel gives.
constexpr std::uint64_t short_turn_in_nanoseconds = 100'000;

}  // namespace

void take_short_turns(bool yes) {
    SchedulingAttributes attributes;
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
    attributes.flags = 0;
    attributes.runtime = yes ? short_turn_in_nanoseconds : 0;
    // Who may not gets the turns that everybody gets.
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace baton::app

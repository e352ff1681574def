#include "baton/lease/descriptor_floor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace baton::lease {

namespace {

constexpr rlim_t usual_limit = 1024;
/// Between the watch session's and the others' lowest: more than an instance has of the latter.
constexpr int other_sessions = 8;

int locks_floor() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    return static_cast<int>(std::min(limit.rlim_cur, usual_limit) / 2);
}

}  // namespace

DescriptorFloor::DescriptorFloor(ClosedFirst order) {
    if (order == ClosedFirst::nothing) return;
    fill(locks_floor() + (order == ClosedFirst::watch ? other_sessions : 0));
}

void DescriptorFloor::fill(int floor) {
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (next >= 0 && next < floor) {
        held_.push_back(next);
        next = fcntl(held_.front(), F_DUPFD_CLOEXEC, 0);
    }
    if (next >= 0) close(next);
}

DescriptorFloor::~DescriptorFloor() {
    for (const int descriptor : held_)
        close(descriptor);
}

}  // namespace baton::lease

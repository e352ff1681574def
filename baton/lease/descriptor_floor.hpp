#pragma once

#include <vector>

namespace baton::lease {

/// In which order a killed process loses its connections: Linux (since 4.3) closes the highest descriptor
/// first, and each server process that ends takes about two milliseconds of a core. The lock that a standby
/// queues for must not be behind a dozen other sessions, nor behind whatever was opened later.
enum class ClosedFirst { watch, locks, nothing };

/// While it lives, new descriptors of this process get high numbers: those of the watch session the highest,
/// those of the other lock sessions below, both above what a node opens otherwise. Where the limit of open
/// files is low, half of it; where there is no room the number is what comes.
class DescriptorFloor {
  public:
    explicit DescriptorFloor(ClosedFirst order);
    ~DescriptorFloor();
    DescriptorFloor(const DescriptorFloor&) = delete;
    DescriptorFloor& operator=(const DescriptorFloor&) = delete;

  private:
    void fill(int floor);
    std::vector<int> held_;
};

}  // namespace baton::lease

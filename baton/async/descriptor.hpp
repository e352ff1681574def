#pragma once

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"

#include <memory>

namespace baton::async {

/// Waits for readiness of a file descriptor that somebody else owns (libpq, libcurl). Never closes it.
/// The descriptor must stay open while a wait is under way; release() before closing it.
class Descriptor {
  public:
    Descriptor(Executor executor, int fd);
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    enum class Ready { readable, writable, either };
    /// True when ready (also when the peer hung up: reading tells), false when the deadline passed. Throws
    /// Cancelled. One wait at a time.
    Task<bool> wait(Ready what, Deadline deadline = Deadline::never());
    /// Forgets the descriptor; a wait under way throws Cancelled. Idempotent; the destructor does it too.
    void release();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton::async

#pragma once

#include "baton/base/bytes.hpp"

#include <cstdint>

namespace baton {

/// Source of randomness; tests pass a seeded one. Any thread.
class Random {
  public:
    virtual ~Random() = default;
    /// Fills all of `out`.
    virtual void fill(std::span<std::uint8_t> out) = 0;
    Bytes bytes(std::size_t count);
    /// Uniform in [0, bound). REQUIRES: bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// The operating system's cryptographic source; lives for ever.
    static Random& system();
};

}  // namespace baton

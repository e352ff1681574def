#pragma once

#include "baton/base/random.hpp"

#include <cstdint>
#include <mutex>
#include <random>
#include <span>

namespace baton::test {

/// The same bytes for the same seed on every machine. Any thread.
class SeededRandom : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        const std::lock_guard lock(mutex_);
        for (auto& byte : out) {
            byte = static_cast<std::uint8_t>(engine_() & 0xff);
        }
    }

  private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

}  // namespace baton::test

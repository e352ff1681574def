#include "baton/base/random.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace baton {

namespace {

void generate(std::span<std::uint8_t> out) {
    constexpr std::size_t chunk = std::size_t{1} << 30;  // RAND_bytes counts in int
    while (!out.empty()) {
        const auto part = out.first(std::min(out.size(), chunk));
        if (RAND_bytes(part.data(), static_cast<int>(part.size())) != 1) {
            throw std::runtime_error("the operating system gives no random bytes");
        }
        out = out.subspan(part.size());
    }
}

/// Ids are asked for by the thousand, and a call of the generator costs ten times its 16 bytes. They come
/// from the same generator, and what was given out is wiped. Keys and their seeds are longer and are never
/// kept here; ids of sessions are not.
class IdStore {
  public:
    static constexpr std::size_t most = 16;

    /// REQUIRES: at most `most` bytes.
    void fill(std::span<std::uint8_t> out) {
        if (left_ < out.size()) {
            generate(bytes_);
            left_ = bytes_.size();
        }
        const auto from = std::span(bytes_).subspan(left_ - out.size(), out.size());
        std::copy(from.begin(), from.end(), out.begin());
        std::fill(from.begin(), from.end(), std::uint8_t{0});
        left_ -= out.size();
    }

  private:
    std::array<std::uint8_t, 1024> bytes_{};
    std::size_t left_ = 0;
};

class SystemRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override {
        thread_local IdStore ids;
        if (out.size() <= IdStore::most) {
            ids.fill(out);
        } else {
            generate(out);
        }
    }
};

}  // namespace

Bytes Random::bytes(std::size_t count) {
    Bytes out(count);
    fill(out);
    return out;
}

std::uint64_t Random::below(std::uint64_t bound) {
    if (bound == 0) throw std::invalid_argument("no number is below 0");
    // Values past the last whole multiple of bound would make small results likelier.
    const std::uint64_t surplus = (std::numeric_limits<std::uint64_t>::max() % bound + 1) % bound;
    for (;;) {
        std::uint64_t value = 0;
        fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
        if (value <= std::numeric_limits<std::uint64_t>::max() - surplus) return value % bound;
    }
}

Random& Random::system() {
    static SystemRandom random;
    return random;
}

}  // namespace baton

#pragma once

#include "fuzz_targets.hpp"

#include <random>
#include <string>
#include <vector>

namespace baton::fuzz {

/// Makes inputs out of a corpus, the same ones for the same seed.
class Mutator {
  public:
    /// REQUIRES: the corpus is not empty.
    Mutator(std::vector<std::string> corpus, const Target& target, std::uint64_t seed)
        : corpus_(std::move(corpus)), target_(target), engine_(seed) {}

    std::string next();
    /// From now on mutations are made of this one, too.
    void keep(std::string input) { corpus_.push_back(std::move(input)); }

  private:
    std::size_t below(std::size_t bound) { return bound == 0 ? 0 : engine_() % bound; }
    void change(std::string& text);

    std::vector<std::string> corpus_;
    const Target& target_;
    std::mt19937_64 engine_;
};

}  // namespace baton::fuzz

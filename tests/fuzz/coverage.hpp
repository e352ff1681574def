#pragma once

#include <cstddef>

namespace baton::fuzz {

/// What the code under test went through, as far as it was compiled with -fsanitize-coverage=trace-pc (preset
/// `fuzz`); elsewhere nothing is ever new. One thread.
class Coverage {
  public:
    /// Forgets the last input.
    static void begin();
    /// True when the input since begin() went from one block of code to another, or did so about as often, as
    /// none before it.
    static bool found_new();
    /// Steps between blocks that were seen so far.
    static std::size_t known();
};

}  // namespace baton::fuzz

#include "coverage.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace baton::fuzz {

namespace {

// Different steps may share a place: then some new inputs are not noticed, which costs little.
constexpr std::size_t places = 1 << 16;
std::array<std::uint8_t, places> times;
/// Those of the last input.
std::array<std::uint16_t, places> touched;
std::size_t touched_count = 0;
/// By place, a bit for each order of magnitude.
std::array<std::uint8_t, places> seen;
std::uint64_t last_block = 0;

void step_to(std::uint64_t block) {
    constexpr std::uint64_t spread = 0x9e3779b97f4a7c15;
    const std::uint64_t mixed = block * spread;
    const auto place = static_cast<std::uint16_t>((mixed ^ last_block) >> 48);
    if (times[place] == 0) touched[touched_count++] = place;
    if (times[place] < 128) ++times[place];
    last_block = mixed >> 1;
}

}  // namespace

void Coverage::begin() {
    for (std::size_t i = 0; i < touched_count; ++i)
        times[touched[i]] = 0;
    touched_count = 0;
    last_block = 0;
}

bool Coverage::found_new() {
    bool any = false;
    for (std::size_t i = 0; i < touched_count; ++i) {
        const auto place = touched[i];
        const auto magnitude = std::bit_floor(times[place]);
        any = any || (seen[place] & magnitude) == 0;
        seen[place] |= magnitude;
    }
    return any;
}

std::size_t Coverage::known() {
    return static_cast<std::size_t>(std::ranges::count_if(seen, [](auto bits) { return bits != 0; }));
}

}  // namespace baton::fuzz

/// Called by the code under test at the start of every block.
extern "C" void __sanitizer_cov_trace_pc();
extern "C" void __sanitizer_cov_trace_pc() {
    baton::fuzz::step_to(reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)));
}

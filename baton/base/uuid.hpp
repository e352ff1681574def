#pragma once

#include "baton/base/bytes.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/random.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace baton {

struct Uuid : FixedBytes<16> {
    bool is_zero() const { return *this == Uuid{}; }
    /// Version 4 (RFC 4122).
    static Uuid random(Random& random);
    /// Version 7 (RFC 9562): begins with `now` in milliseconds, so that an index over such ids grows at its
    /// end instead of everywhere; 74 bits are random.
    static Uuid in_time_order(Random& random, WallTime now);
    /// Canonical, dashless, braced or urn:uuid: form, any case.
    static std::optional<Uuid> parse(std::string_view text);
    /// "a5ac14e8-7629-4726-b1f1-1ae053fc829e"
    std::string to_string() const;
    /// 32 lower-case hex digits.
    std::string to_dashless() const { return to_hex(view()); }
};

}  // namespace baton

template <>
struct std::hash<baton::Uuid> : std::hash<baton::FixedBytes<16>> {};

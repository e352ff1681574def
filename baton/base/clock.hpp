#pragma once

#include <chrono>
#include <string>

namespace baton {

/// Time that never jumps and goes on while the machine sleeps (CLOCK_BOOTTIME): deadlines, ages,
/// self-fencing.
struct BootClock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept;
};

/// Wall-clock time in UTC, microseconds as PostgreSQL keeps them.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// Where code gets its time from; tests pass one that they move by hand. Any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual BootClock::time_point steady() const = 0;
    virtual WallTime wall() const = 0;
    /// The machine's clocks; lives for ever.
    static const Clock& system();
};

/// RFC 3339 in UTC with up to 6 fractional digits, trailing zeros dropped: "2022-01-01T00:00:00.5Z".
std::string to_rfc3339(WallTime time);
/// Go's default form: "2022-01-02 03:04:05.6789 +0000 UTC" (reference/cli.md section 3).
std::string to_go_time(WallTime time);

/// Go duration text as in reference/pipeline.md section 9.3; throws InvalidInput with v1.11.0's text
/// (`time: invalid duration "x"` ...).
std::chrono::nanoseconds parse_go_duration(std::string_view text);
/// Go's Duration.String(): "1m0s", "444ms", "0s".
std::string to_go_duration(std::chrono::nanoseconds duration);

}  // namespace baton

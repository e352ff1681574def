#include "baton/base/clock.hpp"

#include <fmt/format.h>

#include <ctime>

namespace baton {

namespace {

class SystemClock final : public Clock {
  public:
    BootClock::time_point steady() const override { return BootClock::now(); }
    WallTime wall() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
};

/// "2022-01-02<between>03:04:05.6789"
std::string date_and_time(WallTime time, char between) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text =
        fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), between,
                    clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto micros = clock.subseconds().count(); micros != 0) {
        text += fmt::format(".{:06}", micros);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
}

}  // namespace

BootClock::time_point BootClock::now() noexcept {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

const Clock& Clock::system() {
    static const SystemClock clock;
    return clock;
}

std::string to_rfc3339(WallTime time) {
    return date_and_time(time, 'T') + "Z";
}

std::string to_go_time(WallTime time) {
    return date_and_time(time, ' ') + " +0000 UTC";
}

}  // namespace baton

#include "baton/base/clock.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <ctime>
#include <span>

namespace baton {

namespace {

class SystemClock final : public Clock {
  public:
    BootClock::time_point steady() const override { return BootClock::now(); }
    WallTime wall() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
};

/// Writes `value` in decimal digits, as many as there are, zeros first.
void write_digits(std::span<char> digits, std::uint64_t value) {
    for (auto at = digits.rbegin(); at != digits.rend(); ++at) {
        *at = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

/// "2022-01-02<between>03:04:05.6789". Each run that is stored and shown has twenty of them: digit by digit
/// that takes a tenth of the time that a format string takes.
std::string date_and_time(WallTime time, char between) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text = fmt::format_int(static_cast<int>(date.year())).str();
    if (text.size() < 4) text.insert(0, 4 - text.size(), '0');
    const std::size_t year = text.size();
    text += "-00-00T00:00:00.000000";
    const auto put = [&](std::size_t at, std::size_t count, auto value) {
        write_digits(std::span(text).subspan(year + at, count), static_cast<std::uint64_t>(value));
    };
    put(1, 2, static_cast<unsigned>(date.month()));
    put(4, 2, static_cast<unsigned>(date.day()));
    text[year + 6] = between;
    put(7, 2, clock.hours().count());
    put(10, 2, clock.minutes().count());
    put(13, 2, clock.seconds().count());
    put(16, 6, clock.subseconds().count());
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
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

#include "baton/base/clock.hpp"
#include "baton/base/error.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace baton {

namespace {

constexpr std::uint64_t limit = std::uint64_t{1} << 63;

/// Go's quoting in the time package: printable ASCII as it is, every other byte as \xNN.
std::string quote(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x80) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
    }
    return out + "\"";
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<std::uint64_t> unit_nanoseconds(std::string_view unit) {
    if (unit == "ns") return 1;
    if (unit == "us" || unit == "\u00b5s" || unit == "\u03bcs") return 1'000;
    if (unit == "ms") return 1'000'000;
    if (unit == "s") return 1'000'000'000;
    if (unit == "m") return 60'000'000'000;
    if (unit == "h") return 3'600'000'000'000;
    return std::nullopt;
}

class DurationReader {
  public:
    explicit DurationReader(std::string_view whole) : whole_(whole), rest_(whole) {}

    std::chrono::nanoseconds read() {
        bool negative = false;
        if (!rest_.empty() && (rest_.front() == '-' || rest_.front() == '+')) {
            negative = rest_.front() == '-';
            rest_.remove_prefix(1);
        }
        if (rest_ == "0") return {};
        if (rest_.empty()) invalid();
        std::uint64_t total = 0;
        while (!rest_.empty()) {
            total += part();
            if (total > limit) invalid();
        }
        // Only the negative range reaches 2^63.
        if (!negative && total > limit - 1) invalid();
        return std::chrono::nanoseconds(static_cast<std::int64_t>(negative ? 0 - total : total));
    }

  private:
    [[noreturn]] void invalid() const { throw InvalidInput("time: invalid duration " + quote(whole_)); }

    std::uint64_t part() {
        if (rest_.front() != '.' && !is_digit(rest_.front())) invalid();
        const auto before = rest_.size();
        std::uint64_t value = whole_digits();
        bool any_digit = rest_.size() != before;
        std::uint64_t fraction = 0;
        double scale = 1;
        if (!rest_.empty() && rest_.front() == '.') {
            rest_.remove_prefix(1);
            any_digit |= fraction_digits(fraction, scale);
        }
        if (!any_digit) invalid();
        const std::uint64_t unit = read_unit();
        if (value > limit / unit) invalid();
        value *= unit;
        if (fraction > 0) {
            value += static_cast<std::uint64_t>(static_cast<double>(fraction) *
                                                (static_cast<double>(unit) / scale));
            if (value > limit) invalid();
        }
        return value;
    }

    std::uint64_t whole_digits() {
        std::uint64_t value = 0;
        while (!rest_.empty() && is_digit(rest_.front())) {
            if (value > limit / 10) invalid();
            value = value * 10 + static_cast<std::uint64_t>(rest_.front() - '0');
            if (value > limit) invalid();
            rest_.remove_prefix(1);
        }
        return value;
    }

    /// Digits that no longer fit are dropped.
    bool fraction_digits(std::uint64_t& fraction, double& scale) {
        bool any = false;
        bool full = false;
        for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
            any = true;
            if (full) continue;
            if (fraction > (limit - 1) / 10) {
                full = true;
                continue;
            }
            const std::uint64_t next = fraction * 10 + static_cast<std::uint64_t>(rest_.front() - '0');
            if (next > limit) {
                full = true;
                continue;
            }
            fraction = next;
            scale *= 10;
        }
        return any;
    }

    std::uint64_t read_unit() {
        std::size_t length = 0;
        while (length < rest_.size() && rest_[length] != '.' && !is_digit(rest_[length]))
            ++length;
        if (length == 0) throw InvalidInput("time: missing unit in duration " + quote(whole_));
        const std::string_view name = rest_.substr(0, length);
        const auto unit = unit_nanoseconds(name);
        if (!unit) throw InvalidInput("time: unknown unit " + quote(name) + " in duration " + quote(whole_));
        rest_.remove_prefix(length);
        return *unit;
    }

    std::string_view whole_;
    std::string_view rest_;
};

/// value / 10^places without trailing zeros after the point.
std::string with_fraction(std::uint64_t value, int places) {
    std::uint64_t unit = 1;
    for (int i = 0; i < places; ++i)
        unit *= 10;
    std::string text = fmt::format("{}", value / unit);
    if (value % unit != 0) {
        text += fmt::format(".{:0{}}", value % unit, places);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
}

}  // namespace

std::chrono::nanoseconds parse_go_duration(std::string_view text) {
    return DurationReader(text).read();
}

std::string to_go_duration(std::chrono::nanoseconds duration) {
    const bool negative = duration.count() < 0;
    const auto count = static_cast<std::uint64_t>(duration.count());
    const std::uint64_t value = negative ? 0 - count : count;
    const std::string sign = negative ? "-" : "";
    if (value == 0) return "0s";
    if (value < 1'000) return sign + fmt::format("{}ns", value);
    if (value < 1'000'000) return sign + with_fraction(value, 3) + "\u00b5s";
    if (value < 1'000'000'000) return sign + with_fraction(value, 6) + "ms";
    constexpr std::uint64_t minute = 60'000'000'000;
    const std::string seconds = with_fraction(value % minute, 9) + "s";
    const std::uint64_t minutes = value / minute;
    if (minutes == 0) return sign + seconds;
    if (minutes < 60) return sign + fmt::format("{}m{}", minutes, seconds);
    return sign + fmt::format("{}h{}m{}", minutes / 60, minutes % 60, seconds);
}

}  // namespace baton

#include "baton/codec/rfc3339.hpp"

namespace baton::codec {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes parts off the front of a text; after the first that does not fit, ok() is false.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (text_.empty() || !is_digit(text_.front())) {
                ok_ = false;
                return 0;
            }
            value = value * 10 + (text_.front() - '0');
            text_.remove_prefix(1);
        }
        return value;
    }
    void literal(char c) {
        if (!skip(c)) ok_ = false;
    }
    bool skip(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    /// Digits behind the point, as microseconds.
    int fraction() {
        if (!skip('.') && !skip(',')) return 0;
        int value = 0;
        int scale = 100'000;
        if (text_.empty() || !is_digit(text_.front())) ok_ = false;
        for (; !text_.empty() && is_digit(text_.front()); text_.remove_prefix(1)) {
            value += (text_.front() - '0') * scale;
            scale /= 10;
        }
        return value;
    }
    /// Minutes east of UTC.
    int offset() {
        if (skip('Z')) return 0;
        const int sign = skip('-') ? -1 : 1;
        if (sign == 1) literal('+');
        const int hours = number(2);
        literal(':');
        const int minutes = number(2);
        if (hours > 24 || minutes > 59) ok_ = false;
        return sign * (hours * 60 + minutes);
    }
    bool ok() const { return ok_; }
    bool at_end() const { return text_.empty(); }

  private:
    std::string_view text_;
    bool ok_ = true;
};

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    Reader reader(text);
    const int y = reader.number(4);
    reader.literal('-');
    const int m = reader.number(2);
    reader.literal('-');
    const int d = reader.number(2);
    reader.literal('T');
    const int hour = reader.number(2);
    reader.literal(':');
    const int minute = reader.number(2);
    reader.literal(':');
    const int second = reader.number(2);
    const int micros = reader.fraction();
    const int offset = reader.offset();
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (!reader.ok() || !reader.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 59)
        return std::nullopt;
    return WallTime(sys_days(date)) + hours(hour) + minutes(minute - offset) + seconds(second) +
           microseconds(micros);
}

}  // namespace baton::codec

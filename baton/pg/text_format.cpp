#include "baton/pg/text_format.hpp"

#include "baton/base/error.hpp"

#include <algorithm>
#include <charconv>

namespace baton::pg {

using namespace std::chrono;

void require_storable(WallTime time) {
    const int year = static_cast<int>(year_month_day(floor<days>(time)).year());
    if (year < 1 || year > 294276) throw InvalidInput("a time outside of what PostgreSQL can store");
}

void require_no_zero_byte(std::string_view text) {
    if (text.find('\0') == std::string_view::npos) return;
    throw InvalidInput("a text with a zero byte cannot be stored in PostgreSQL");
}

std::string timestamp_text(WallTime time) {
    require_storable(time);
    return to_rfc3339(time);
}

namespace {

/// Reads a text from left to right; once something did not fit, everything after it fails too.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    int number(std::size_t least, std::size_t most) {
        std::size_t digits = 0;
        while (digits < rest_.size() && digits < most && rest_[digits] >= '0' && rest_[digits] <= '9')
            ++digits;
        int value = 0;
        if (digits < least) {
            ok_ = false;
        } else {
            std::from_chars(rest_.data(), rest_.data() + digits, value);
            rest_.remove_prefix(digits);
        }
        return value;
    }
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) { ok_ = take(c) && ok_; }
    std::size_t left() const { return rest_.size(); }
    bool ok_to_end() const { return ok_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool ok_ = true;
};

/// Up to six digits after the point.
microseconds read_fraction(Reader& reader) {
    const auto before = reader.left();
    int value = reader.number(1, 6);
    for (auto digits = before - reader.left(); digits < 6; ++digits)
        value *= 10;
    return microseconds(value);
}

/// "+02", "-03:30", "+05:30:15"; nothing means UTC.
seconds read_offset(Reader& reader) {
    const bool east = reader.take('+');
    if (!east && !reader.take('-')) return seconds(0);
    seconds offset = hours(reader.number(2, 2));
    if (reader.take(':')) offset += minutes(reader.number(2, 2));
    if (reader.take(':')) offset += seconds(reader.number(2, 2));
    return east ? offset : -offset;
}

}  // namespace

std::optional<WallTime> parse_timestamp(std::string_view text) {
    Reader reader(text);
    const int y = reader.number(4, 6);
    reader.expect('-');
    const int m = reader.number(2, 2);
    reader.expect('-');
    const int d = reader.number(2, 2);
    reader.expect(' ');
    microseconds clock = hours(reader.number(2, 2));
    reader.expect(':');
    clock += minutes(reader.number(2, 2));
    reader.expect(':');
    clock += seconds(reader.number(2, 2));
    if (reader.take('.')) clock += read_fraction(reader);
    clock -= read_offset(reader);
    const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    if (!reader.ok_to_end() || !date.ok()) return std::nullopt;
    return WallTime(sys_days(date)) + clock;
}

namespace {

using Elements = std::vector<std::optional<std::string>>;

/// The quoted element that `text` starts with, after its opening quote; false when it does not end.
bool take_quoted(std::string_view& text, std::string& element) {
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '"') return true;
        if (c == '\\') {
            if (text.empty()) return false;
            element.push_back(text.front());
            text.remove_prefix(1);
        } else {
            element.push_back(c);
        }
    }
    return false;
}

bool take_element(std::string_view& text, Elements& elements) {
    if (text.starts_with('{')) return false;
    std::string element;
    if (text.starts_with('"')) {
        text.remove_prefix(1);
        if (!take_quoted(text, element)) return false;
        elements.emplace_back(std::move(element));
        return true;
    }
    const auto end = text.find_first_of(",}");
    if (end == std::string_view::npos || end == 0) return false;
    const auto raw = text.substr(0, end);
    text.remove_prefix(end);
    if (raw == "NULL") {
        elements.emplace_back();
    } else {
        elements.emplace_back(std::in_place, raw);
    }
    return true;
}

}  // namespace

std::optional<Elements> parse_array(std::string_view text) {
    // Bounds that do not start at 1 stand before the elements: [0:2]={a,b,c}
    if (text.starts_with('[')) text.remove_prefix(std::min(text.find('=') + 1, text.size()));
    if (!text.starts_with('{')) return std::nullopt;
    text.remove_prefix(1);
    Elements elements;
    if (text == "}") return elements;
    while (take_element(text, elements)) {
        if (text == "}") return elements;
        if (!text.starts_with(',')) break;
        text.remove_prefix(1);
    }
    return std::nullopt;
}

std::string quote_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace baton::pg

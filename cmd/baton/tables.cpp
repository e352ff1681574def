#include "cmd/baton/tables.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <limits>
#include <numeric>

namespace baton::cli {

namespace {

constexpr std::size_t wrap_width = 30;

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i)
        result += text;
    return result;
}

struct CodePoint {
    char32_t value;
    std::size_t length;
};

/// Invalid UTF-8 counts byte by byte.
CodePoint decode(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (length == 1 || text.size() < length) return {lead, 1};
    char32_t value = lead & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i)
        value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    return {value, length};
}

bool is_wide(char32_t c) {
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
           (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1f64f) || (c >= 0x1f900 && c <= 0x1f9ff) ||
           (c >= 0x20000 && c <= 0x3fffd);
}

std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text) {
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
            word += c;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    if (!word.empty()) words.push_back(std::move(word));
    return words;
}

/// "-12", "1,234.5": what is aligned to the right.
bool is_number(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    if (text.starts_with('-')) text.remove_prefix(1);
    const auto point = text.find('.');
    const auto all_digits = [](std::string_view part) {
        return !part.empty() &&
               std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (point != std::string_view::npos && !all_digits(text.substr(point + 1))) return false;
    auto whole = text.substr(0, point);
    if (all_digits(whole)) return true;
    // Groups of three after commas.
    const auto first = whole.find(',');
    if (first == std::string_view::npos || first > 3 || !all_digits(whole.substr(0, first))) return false;
    for (whole.remove_prefix(first); !whole.empty(); whole.remove_prefix(4)) {
        if (whole.size() < 4 || whole.front() != ',' || !all_digits(whole.substr(1, 3))) return false;
    }
    return true;
}

std::size_t widest_line(std::string_view text) {
    std::size_t widest = 0;
    for (;;) {
        const auto end = text.find('\n');
        widest = std::max(widest, display_width(text.substr(0, end)));
        if (end == std::string_view::npos) return widest;
        text.remove_prefix(end + 1);
    }
}

using Lines = std::vector<std::string>;

/// Everything that is needed to draw one table.
class BoxDrawing {
  public:
    BoxDrawing(const std::vector<std::string>& headers, const std::vector<std::vector<std::string>>& rows,
               bool merge)
        : merge_(merge) {
        for (const auto& header : headers) {
            headers_.push_back(capitals(header));
            widths_.push_back(display_width(headers_.back()));
        }
        for (const auto& row : rows) {
            std::vector<Lines> wrapped;
            for (std::size_t column = 0; column < row.size(); ++column) {
                const auto limit = std::min(widest_line(row[column]), wrap_width);
                wrapped.push_back(wrap_words(row[column], limit));
                // A cell that had to be wrapped takes all columns that it may, as in v1.11.0.
                widths_[column] = std::max(widths_[column], limit);
                for (const auto& line : wrapped.back())
                    widths_[column] = std::max(widths_[column], display_width(line));
            }
            rows_.push_back(std::move(wrapped));
        }
    }

    std::string draw() {
        full_line();
        draw_headers();
        full_line();
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            if (row > 0) line_above(row);
            draw_row(row);
        }
        // v1.11.0 closes a table of this kind even when nothing is in it.
        if (merge_ || !rows_.empty()) full_line();
        return std::move(out_);
    }

  private:
    static std::string capitals(const std::string& text) {
        std::string upper;
        for (const char c : text)
            upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        return upper;
    }

    /// The cell says the same as the one above and is left out.
    bool merged(std::size_t row, std::size_t column) const {
        if (!merge_ || row == 0) return false;
        const auto& cell = rows_[row][column];
        return cell == rows_[row - 1][column] && !(cell.size() == 1 && cell.front().empty());
    }

    void full_line() {
        out_ += "╬";
        for (const auto width : widths_)
            out_ += repeated("═", width + 2) + "╬";
        out_ += '\n';
    }

    void line_above(std::size_t row) {
        out_ += "╬";
        for (std::size_t column = 0; column < widths_.size(); ++column)
            out_ += repeated(merged(row, column) ? " " : "═", widths_[column] + 2) + "╬";
        out_ += '\n';
    }

    void draw_headers() {
        out_ += "║";
        for (std::size_t column = 0; column < headers_.size(); ++column) {
            const auto gap = widths_[column] - display_width(headers_[column]);
            out_ +=
                std::string(1 + gap / 2, ' ') + headers_[column] + std::string(gap - gap / 2 + 1, ' ') + "║";
        }
        out_ += '\n';
    }

    void draw_row(std::size_t row) {
        const auto& cells = rows_[row];
        std::size_t height = 0;
        for (const auto& lines : cells)
            height = std::max(height, lines.size());
        for (std::size_t line = 0; line < height; ++line) {
            out_ += "║";
            for (std::size_t column = 0; column < cells.size(); ++column) {
                const bool blank = line >= cells[column].size() || merged(row, column);
                draw_cell(blank ? std::string() : cells[column][line], widths_[column]);
            }
            out_ += '\n';
        }
    }

    void draw_cell(const std::string& text, std::size_t width) {
        const std::string pad(width - display_width(text), ' ');
        out_ += is_number(text) ? ' ' + pad + text + " ║" : ' ' + text + pad + " ║";
    }

    bool merge_;
    std::vector<std::string> headers_;
    std::vector<std::size_t> widths_;
    std::vector<std::vector<Lines>> rows_;
    std::string out_;
};

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        if (text.starts_with("\x1b[")) {
            const auto end = text.find('m');
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            continue;
        }
        const auto point = decode(text);
        width += is_wide(point.value) ? 2 : 1;
        text.remove_prefix(point.length);
    }
    return width;
}

std::vector<std::string> wrap_words(std::string_view text, std::size_t width) {
    const auto words = split_words(text);
    if (words.empty()) return {std::string()};
    const auto count = words.size();
    std::vector<std::size_t> lengths;
    for (const auto& word : words) {
        lengths.push_back(display_width(word));
        width = std::max(width, lengths.back());
    }
    // cost[i]: the least sum of squared blanks at the ends of all lines but the last, for the words from i
    // on; next[i]: where the line after the one that begins with word i begins.
    constexpr auto impossible = std::numeric_limits<std::uint64_t>::max();
    std::vector<std::uint64_t> cost(count + 1, impossible);
    std::vector<std::size_t> next(count, count);
    for (std::size_t i = count; i-- > 0;) {
        std::size_t length = 0;
        for (std::size_t end = i + 1; end <= count; ++end) {
            length += lengths[end - 1] + (end - 1 > i ? 1 : 0);
            if (length > width) break;
            if (end == count) {
                cost[i] = 0;
                next[i] = count;
                break;
            }
            const std::uint64_t blanks = width - length;
            const auto total = blanks * blanks + cost[end];
            if (cost[end] != impossible && total < cost[i]) {
                cost[i] = total;
                next[i] = end;
            }
        }
    }
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < count; i = next[i]) {
        std::string line;
        for (std::size_t word = i; word < next[i]; ++word)
            line += (word > i ? " " : "") + words[word];
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string BoxTable::render() const {
    return "╔ " + title_ + "\n" + BoxDrawing(headers_, rows_, merge_).draw();
}

std::string render_list(const std::vector<std::string>& labels,
                        const std::vector<std::vector<std::string>>& items) {
    std::size_t label_width = 0;
    for (const auto& label : labels)
        label_width = std::max(label_width, label.size());
    std::size_t longest = 0;
    std::vector<std::string> blocks;
    for (const auto& item : items) {
        std::string block;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const auto line = labels[i] + ": " + std::string(label_width - labels[i].size(), ' ') + item[i];
            longest = std::max(longest, line.size());
            block += (block.empty() ? "" : "\n") + line;
        }
        blocks.push_back(std::move(block));
    }
    const std::string dashes(longest, '-');
    std::string text = dashes + '\n';
    for (std::size_t i = 0; i < blocks.size(); ++i)
        text += (i == 0 ? "" : "\n" + dashes + "\n") + blocks[i];
    return text;
}

}  // namespace baton::cli

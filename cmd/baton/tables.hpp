#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton::cli {

/// Columns that a text takes on a terminal: code points, wide ones twice. ANSI colours count nothing.
std::size_t display_width(std::string_view text);

/// A boxed table (reference/cli.md section 3): title line, headers in capitals and centred, cells wrapped at
/// 30 columns, numbers to the right, a line after every row. Ends with a newline.
class BoxTable {
  public:
    BoxTable(std::string title, std::vector<std::string> headers)
        : title_(std::move(title)), headers_(std::move(headers)) {}

    /// REQUIRES: as many cells as headers.
    void add_row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    /// Equal cells one below the other are drawn as one (jobs).
    void merge_equal_cells() { merge_ = true; }
    std::string render() const;

  private:
    std::string title_;
    std::vector<std::string> headers_;
    std::vector<std::vector<std::string>> rows_;
    bool merge_ = false;
};

/// A list of items as "Label:   value" lines between lines of dashes. No newline at the end.
std::string render_list(const std::vector<std::string>& labels,
                        const std::vector<std::vector<std::string>>& items);

/// Breaks a text into lines of at most `width` columns so that the lines' ends are as even as possible; a
/// longer word makes all lines that wide.
std::vector<std::string> wrap_words(std::string_view text, std::size_t width);

}  // namespace baton::cli

#include "cmd/baton/json_text.hpp"

namespace baton::cli {

namespace {

class Indenter {
  public:
    explicit Indenter(std::string_view json) : rest_(json) {}

    std::string run() {
        while (!rest_.empty()) {
            if (in_string_) {
                string_character();
            } else {
                structure();
            }
            rest_.remove_prefix(1);
        }
        return std::move(out_);
    }

  private:
    void string_character() {
        const char c = rest_.front();
        switch (c) {
            case '<':
                out_ += "\\u003c";
                return;
            case '>':
                out_ += "\\u003e";
                return;
            case '&':
                out_ += "\\u0026";
                return;
            case '\\':
                out_ += c;
                rest_.remove_prefix(1);
                out_ += rest_.front();
                return;
            default:
                out_ += c;
                in_string_ = c != '"';
        }
    }

    void structure() {
        const char c = rest_.front();
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return;
        const bool closes = c == '}' || c == ']';
        // An empty object or array stays on its line.
        if (after_open_ && !closes) new_line();
        if (closes) {
            --depth_;
            if (!after_open_) new_line();
        }
        after_open_ = c == '{' || c == '[';
        if (after_open_) ++depth_;
        out_ += c;
        if (c == ',') new_line();
        if (c == ':') out_ += ' ';
        in_string_ = c == '"';
    }

    void new_line() { out_ += '\n' + std::string(depth_ * 2, ' '); }

    std::string_view rest_;
    std::string out_;
    std::size_t depth_ = 0;
    bool in_string_ = false;
    bool after_open_ = false;
};

}  // namespace

std::string indent_json(std::string_view json) {
    return Indenter(json).run();
}

std::vector<std::string> json_elements(std::string_view array) {
    std::vector<std::string> elements;
    std::string element;
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < array.size(); ++i) {
        const char c = array[i];
        if (in_string) {
            element += c;
            if (c == '\\') element += array[++i];
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        if (c == ']' || c == '}') --depth;
        const bool ends = (c == ',' && depth == 1) || (c == ']' && depth == 0);
        const bool blank = element.find_first_not_of(" \t\r\n") == std::string::npos;
        if (ends && !blank) elements.push_back(std::move(element));
        if (ends) element.clear();
        if (!ends && depth > 0) element += c;
        if (c == '[' || c == '{') ++depth;
    }
    return elements;
}

}  // namespace baton::cli

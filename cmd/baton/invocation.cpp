#include "cmd/baton/invocation.hpp"

#include <fstream>
#include <sstream>

namespace baton::cli {

namespace {

std::string trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return "";
    return std::string(text.substr(begin, text.find_last_not_of(blanks) - begin + 1));
}

}  // namespace

const std::string& Invocation::first_argument(const std::string& missing) const {
    if (arguments_.empty()) throw Failure(missing);
    return arguments_.front();
}

std::optional<Globals::Credentials> read_credentials(const std::string& content) {
    const auto newline = content.find('\n');
    if (newline == std::string::npos) return std::nullopt;
    const auto second = content.substr(newline + 1);
    return Globals::Credentials{trimmed(content.substr(0, newline)),
                                trimmed(second.substr(0, second.find('\n')))};
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream content;
    content << file.rdbuf();
    // Opening a directory succeeds, reading it does not.
    if (file.bad() || (content.str().empty() && std::filesystem::is_directory(path))) return std::nullopt;
    return content.str();
}

}  // namespace baton::cli

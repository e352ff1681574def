#include "baton/base/unreadable.hpp"

#include <unistd.h>
#include <cctype>
#include <cerrno>
#include <system_error>

namespace baton {

std::string why_unreadable(const std::filesystem::path& path) {
    std::error_code fault;
    if (std::filesystem::is_directory(path, fault)) return "read " + path.string() + ": is a directory";
    const int number = ::access(path.c_str(), R_OK) == 0 ? EIO : errno;
    auto why = std::generic_category().message(number);
    why.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(why.front())));
    return "open " + path.string() + ": " + why;
}

}  // namespace baton

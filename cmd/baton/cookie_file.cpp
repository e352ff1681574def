#include "cmd/baton/cookie_file.hpp"

#include "cmd/baton/failure.hpp"
#include "cmd/baton/invocation.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace baton::cli {

std::optional<std::string> CookieFile::read() const {
    const auto content = read_file(path_);
    if (!content) return std::nullopt;
    const auto pair = content->substr(0, content->find(';'));
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
        throw Failure("Cookie not in file, you must first login through the CLI");
    return pair.substr(0, pair.find_last_not_of(" \r\n") + 1);
}

void CookieFile::save(const std::string& set_cookie) const {
    std::error_code ignored;  // what matters is whether the file can be opened
    std::filesystem::create_directories(path_.parent_path(), ignored);
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) throw Failure("open " + path_.string() + ": " + std::strerror(errno));
    // A file that was there before keeps its mode otherwise.
    const bool narrowed = ::fchmod(file, 0600) == 0;
    const bool written =
        ::write(file, set_cookie.data(), set_cookie.size()) == static_cast<ssize_t>(set_cookie.size());
    const int fault = errno;
    ::close(file);
    if (!narrowed || !written) throw Failure("write " + path_.string() + ": " + std::strerror(fault));
}

}  // namespace baton::cli

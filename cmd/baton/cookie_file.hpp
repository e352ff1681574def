#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace baton::cli {

/// <RootDir>/cookie: the Set-Cookie value of the session, mode 0600 (reference/cli.md section 2).
class CookieFile {
  public:
    explicit CookieFile(const std::filesystem::path& root) : path_(root / "cookie") {}

    /// "name=value" for a request; nothing when there is no file. Throws Failure when it is empty (after a
    /// logout) or unreadable.
    std::optional<std::string> read() const;
    /// Throws Failure.
    void save(const std::string& set_cookie) const;
    /// Leaves an empty file.
    void clear() const { save(""); }

  private:
    std::filesystem::path path_;
};

}  // namespace baton::cli

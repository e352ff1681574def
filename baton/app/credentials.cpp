#include "baton/app/credentials.hpp"

#include "baton/base/base64.hpp"
#include "baton/base/error.hpp"
#include "baton/base/unreadable.hpp"
#include "baton/crypto/password.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iostream>

namespace baton::app {

namespace {

namespace fs = std::filesystem;

std::string read_whole(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::error_code fault;
    // Opening a directory succeeds, reading it does not.
    if (!in || fs::is_directory(file, fault)) throw InvalidInput(why_unreadable(file));
    return {std::istreambuf_iterator<char>(in), {}};
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

std::string trimmed(std::string text) {
    while (!text.empty() && is_space(text.back()))
        text.pop_back();
    std::size_t start = 0;
    while (start < text.size() && is_space(text[start]))
        ++start;
    return text.substr(start);
}

Secret password_in(const fs::path& file) {
    auto text = read_whole(file);
    if (text.ends_with('\n')) text.pop_back();
    if (text.empty()) throw InvalidInput("detected empty password in password file");
    if (is_space(text.front()) || is_space(text.back()))
        throw InvalidInput("leading/trailing whitespace detected in password");
    return Secret(std::move(text));
}

/// Echo off while it lives.
class HiddenInput {
  public:
    HiddenInput() : changed_(tcgetattr(STDIN_FILENO, &saved_) == 0) {
        if (!changed_) return;
        termios hidden = saved_;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    ~HiddenInput() {
        if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_);
        std::cout << "\n" << std::flush;
    }
    HiddenInput(const HiddenInput&) = delete;
    HiddenInput& operator=(const HiddenInput&) = delete;

  private:
    termios saved_{};
    bool changed_;
};

std::string ask(const std::string& question) {
    std::cout << question << std::flush;
    std::string answer;
    if (!std::getline(std::cin, answer)) throw Error("EOF");
    return answer;
}

Secret ask_hidden(const std::string& question) {
    std::cout << question << std::flush;
    const HiddenInput hidden;
    std::string answer;
    if (!std::getline(std::cin, answer)) throw Error("EOF");
    return Secret(std::move(answer));
}

}  // namespace

Secret read_password_file(const fs::path& file) {
    try {
        return password_in(file);
    } catch (const InvalidInput& error) {
        throw InvalidInput("error reading password from file: " + std::string(error.what()));
    }
}

void check_vrf_password_file(const fs::path& file) {
    try {
        const auto password = password_in(file);
        static_cast<void>(password);
    } catch (const InvalidInput& error) {
        throw InvalidInput("error reading VRF password from vrfpassword file \"" + file.string() +
                           "\": " + error.what());
    }
}

ApiCredentials read_api_file(const fs::path& file) {
    std::string text;
    try {
        text = read_whole(file);
    } catch (const InvalidInput& error) {
        throw InvalidInput("error creating api initializer: " + std::string(error.what()));
    }
    const auto end = text.find('\n');
    if (end == std::string::npos)
        throw InvalidInput(
            "error creating api initializer: malformed API credentials file does not have at least two "
            "lines at " +
            file.string());
    auto rest = text.substr(end + 1);
    rest = rest.substr(0, rest.find('\n'));
    return {trimmed(text.substr(0, end)), Secret(trimmed(rest))};
}

std::optional<std::string> api_credential_faults(const ApiCredentials& credentials) {
    if (credentials.email.empty()) return "Must enter an email";
    const auto at = credentials.email.find('@');
    if (at == std::string::npos || at == 0 || at + 1 == credentials.email.size())
        return "enter a valid email address: \"" + credentials.email + "\" is none";
    if (credentials.password.reveal().size() > 50) return "must enter a password less than 50 characters";
    return crypto::password_faults(credentials.password, {credentials.email});
}

bool is_terminal() {
    return isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1;
}

Secret ask_key_store_password(bool is_new) {
    if (!is_new) return ask_hidden("Enter key store password:");
    for (;;) {
        auto password = ask_hidden("New key store password: ");
        const auto faults = crypto::password_faults(password);
        if (faults) {
            std::cout << *faults << std::endl;
            continue;
        }
        const auto again = ask_hidden("Confirm password: ");
        if (again.reveal() == password.reveal()) return password;
        std::cout << "Passwords don't match. Please try again... " << std::endl;
    }
}

ApiCredentials ask_api_credentials() {
    for (;;) {
        ApiCredentials credentials;
        credentials.email = trimmed(ask("Enter API Email: "));
        credentials.password = ask_hidden("Enter API Password: ");
        const auto faults = api_credential_faults(credentials);
        if (!faults) return credentials;
        std::cout << *faults << std::endl;
    }
}

std::optional<std::string> tighten_permissions(const fs::path& file) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) return std::nullopt;
    if ((status.st_mode & 077) == 0) return std::nullopt;
    if (chmod(file.c_str(), status.st_mode & 0700) != 0)
        return file.string() +
               " is readable by others and its rights cannot be changed: " + std::strerror(errno);
    return file.string() + " was readable by others: its rights were reduced to its owner's";
}

std::optional<Secret> read_cookie_secret(const fs::path& root) {
    const auto file = root / "secret";
    if (!fs::exists(file)) return std::nullopt;
    const auto key = from_base64(trimmed(read_whole(file)));
    if (!key || key->size() != 32)
        throw InvalidInput(file.string() +
                           " does not hold 32 bytes in base64: remove it, and all logins end");
    return Secret(BytesView(*key));
}

void write_cookie_secret(const fs::path& root, const Secret& key) {
    const auto file = root / "secret";
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return;  // there already, or the folder cannot be written: the copy in the database counts
    const auto text = to_base64(key.reveal_bytes());
    const auto written = write(fd, text.data(), text.size());
    static_cast<void>(written);
    close(fd);
}

}  // namespace baton::app

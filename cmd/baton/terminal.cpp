#include "cmd/baton/terminal.hpp"

#include "cmd/baton/failure.hpp"

#include <termios.h>
#include <unistd.h>
#include <istream>
#include <ostream>

namespace baton::cli {

namespace {

/// No echo while it lives.
class Silence {
  public:
    Silence() {
        if (tcgetattr(STDIN_FILENO, &before_) != 0) throw Failure("inappropriate ioctl for device");
        auto silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ~Silence() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

  private:
    termios before_{};
};

std::string read_line(const Invocation& invocation) {
    std::string line;
    if (!std::getline(*invocation.surroundings().in, line)) throw EndOfInput();
    while (line.ends_with('\r'))
        line.pop_back();
    return line;
}

}  // namespace

std::string ask(const Invocation& invocation, const std::string& question) {
    invocation.out() << question << std::flush;
    return read_line(invocation);
}

std::string ask_hidden(const Invocation& invocation, const std::string& question) {
    if (!invocation.surroundings().terminal_in) throw Failure("inappropriate ioctl for device");
    invocation.out() << question << std::flush;
    std::string line;
    {
        const Silence silence;
        line = read_line(invocation);
    }
    invocation.out() << '\n';
    return line;
}

}  // namespace baton::cli

#include "baton/app/child_process.hpp"

#include "baton/async/descriptor.hpp"
#include "baton/base/error.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Debian 12 declares it for C only.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string_view>

namespace baton::app {

namespace {

constexpr auto patience = std::chrono::seconds(1);
constexpr std::size_t longest_words = 600;

[[noreturn]] void cannot(const std::string& what) {
    throw Error("cannot " + what + ": " + std::strerror(errno));
}

class File {
  public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

std::vector<std::string> environment_of(const Program& program) {
    auto variables = program.environment;
    for (char** one = environ; *one; ++one) {
        const std::string_view line = *one;
        const auto name = line.substr(0, line.find('='));
        if (name.size() == line.size()) continue;
        if (name == "PATH" || name == "HOME" || name.starts_with("PG"))
            variables.emplace(name, line.substr(name.size() + 1));
    }
    // Its messages are quoted in a log.
    variables.emplace("LC_ALL", "C.UTF-8");
    std::vector<std::string> lines;
    for (const auto& [name, value] : variables)
        lines.push_back(name + "=" + value);
    return lines;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (auto& word : words)
        all.push_back(word.data());
    all.push_back(nullptr);
    return all;
}

/// In the child, between fork and exec: only what is safe there while other threads held locks.
[[noreturn]] void become(char** arguments, char** environment, int output, pid_t parent) {
    // Ctrl-C is for the node, which ends the child in order.
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(126);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    umask(077);
    const int null = open("/dev/null", O_RDONLY);
    if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(126);
    close_range(3, ~0U, 0);
    execve(arguments[0], arguments, environment);
    _exit(127);
}

/// A child from its fork until it has been waited for.
class Child {
  public:
    Child(const Program& program, int output) {
        std::vector<std::string> words{program.path.string()};
        words.insert(words.end(), program.arguments.begin(), program.arguments.end());
        auto variables = environment_of(program);
        const auto arguments = pointers(words);
        const auto environment = pointers(variables);
        const auto parent = getpid();
        id_ = fork();
        if (id_ < 0) cannot("start " + program.path.string());
        if (id_ == 0)
            become(const_cast<char**>(arguments.data()), const_cast<char**>(environment.data()), output,
                   parent);
    }
    ~Child() {
        if (id_ == 0) return;
        kill(SIGKILL);
        wait();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t id() const { return id_; }
    void kill(int signal) const { ::kill(id_, signal); }
    int wait() {
        int status = 0;
        while (waitpid(id_, &status, 0) < 0 && errno == EINTR) {
        }
        id_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

  private:
    pid_t id_ = 0;
};

std::string last_words(int output) {
    struct stat status {};
    fstat(output, &status);
    const auto size = static_cast<std::size_t>(status.st_size);
    std::string text(std::min(size, longest_words), '\0');
    const auto got = pread(output, text.data(), text.size(), static_cast<off_t>(size - text.size()));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    std::replace(text.begin(), text.end(), '\n', ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');) {
        const auto file = std::filesystem::path(folder) / name;
        std::error_code error;
        if (std::filesystem::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0) return file;
    }
    return std::nullopt;
}

async::Task<ProgramEnd> run_program(Program program) {
    const auto executor = co_await async::current_executor();
    const File output(memfd_create("output", MFD_CLOEXEC));
    if (output.descriptor() < 0) cannot("keep what " + program.path.string() + " prints");
    Child child(program, output.descriptor());
    const File handle(pidfd_open(child.id(), 0));
    if (handle.descriptor() < 0) cannot("watch " + program.path.string());
    async::Descriptor ended(executor, handle.descriptor());
    std::exception_ptr failure;
    try {
        co_await ended.wait(async::Descriptor::Ready::readable);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        co_await async::shield_cancellation();
        child.kill(SIGTERM);
        co_await ended.wait(async::Descriptor::Ready::readable, async::Deadline::after(patience));
        child.kill(SIGKILL);
        std::rethrow_exception(failure);
    }
    ProgramEnd end;
    end.code = child.wait();
    end.last_words = last_words(output.descriptor());
    co_return end;
}

}  // namespace baton::app

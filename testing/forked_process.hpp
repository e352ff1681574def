#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>

namespace baton::test {

/// Work in a process of its own, which signals reach and which dies with the test. Forked: the work makes
/// loops and connections of its own.
class ForkedProcess {
  public:
    explicit ForkedProcess(const std::function<void()>& work) : pid_(fork()) {
        if (pid_ != 0) return;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            work();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "the forked process failed: %s\n", error.what());
        }
        _exit(0);
    }
    ~ForkedProcess() {
        signal(SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    ForkedProcess(const ForkedProcess&) = delete;
    ForkedProcess& operator=(const ForkedProcess&) = delete;
    void signal(int number) const { ::kill(pid_, number); }

  private:
    pid_t pid_;
};

}  // namespace baton::test

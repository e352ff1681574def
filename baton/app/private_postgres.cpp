#include "baton/app/private_postgres.hpp"

#include "baton/base/error.hpp"
#include "baton/crypto/sha.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

namespace baton::app {

namespace fs = std::filesystem;

namespace {

constexpr const char* database_name = "chainlink";
constexpr const char* role_name = "postgres";
/// A server that was stopped a moment ago has let go of its data before the last of its processes ends.
constexpr std::chrono::seconds last_processes_end_within{3};

/// Holds an exclusive lock on a file, so that two instances do not initialise or start the same server.
class FileLock {
  public:
    explicit FileLock(const fs::path& path) : FileLock(path, LOCK_EX) {
        if (!held_) throw Error("cannot lock " + path.string() + ": " + std::strerror(errno));
    }
    /// Does not wait; `held` tells whether it was free.
    static FileLock attempt(const fs::path& path) { return {path, LOCK_EX | LOCK_NB}; }
    /// Goes on trying for at most so long.
    void try_for(std::chrono::milliseconds patience) {
        constexpr std::chrono::milliseconds step{20};
        for (; !held_ && patience > step; patience -= step) {
            std::this_thread::sleep_for(step);
            held_ = fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) == 0;
        }
    }
    ~FileLock() {
        if (fd_ >= 0) close(fd_);
    }
    bool held() const { return held_; }
    int descriptor() const { return fd_; }
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    FileLock(const fs::path& path, int operation)
        : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
          held_(fd_ >= 0 && flock(fd_, operation) == 0) {}

    int fd_;
    bool held_;
};

std::string first_line(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// Folder of the programs of the newest server, or of the one that the data directory was made by.
fs::path find_programs(const std::string& wanted_version) {
    fs::path best;
    int best_version = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
        const auto name = entry.path().filename().string();
        if (!wanted_version.empty() && name != wanted_version) continue;
        const int version = std::atoi(name.c_str());
        if (version > best_version && fs::exists(entry.path() / "bin" / "initdb")) {
            best_version = version;
            best = entry.path() / "bin";
        }
    }
    if (best.empty()) {
        throw Error(
            "DATABASE_URL is not set and no PostgreSQL server" +
            (wanted_version.empty() ? "" : " of version " + wanted_version) +
            " is installed below /usr/lib/postgresql: set DATABASE_URL, or install the package postgresql" +
            (wanted_version.empty() ? "" : "-" + wanted_version));
    }
    return best;
}

void write_settings(const fs::path& data, const fs::path& sockets) {
    std::ofstream file(data / "postgresql.auto.conf", std::ios::app);
    file << "listen_addresses = ''\n"
         << "unix_socket_directories = '" << sockets.string() << "'\n"
         << "unix_socket_permissions = 0700\n"
         << "max_connections = 200\n"
         << "log_destination = 'stderr'\nlogging_collector = on\nlog_directory = 'log'\n"
         << "log_filename = 'postgres-%w.log'\nlog_truncate_on_rotation = on\nlog_rotation_age = '1d'\n";
    if (!file.flush()) throw Error("cannot write " + (data / "postgresql.auto.conf").string());
}

/// Who may enter this folder may enter the database. Its name can be guessed and everybody may write to /tmp:
/// a link or a folder that somebody else put there is refused.
void own_socket_directory(const fs::path& path, unsigned uid, unsigned gid) {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        throw Error("cannot make " + path.string() + ": " + std::strerror(errno));
    const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status {};
    const bool ours = fd >= 0 && fstat(fd, &status) == 0 &&
                      (status.st_uid == geteuid() || status.st_uid == uid) &&
                      (status.st_uid == uid || fchown(fd, uid, gid) == 0) && fchmod(fd, 0700) == 0;
    if (fd >= 0) close(fd);
    if (!ours) throw Error(path.string() + " is not a folder of this node: remove it");
}

/// A container that ended leaves postmaster.pid behind, and after its restart that process id may be
/// somebody else's: pg_ctl would take him for the server. REQUIRES: no process of the server lives, in any
/// container.
void remove_stale_pid(const fs::path& data) {
    const auto file = data / "postmaster.pid";
    const auto owner = first_line(fs::path("/proc") / first_line(file) / "comm");
    // A server of a version that held no lock.
    if (owner == "postgres") return;
    std::error_code gone;
    fs::remove(file, gone);
}

/// The lock of its socket names a process, too. REQUIRES: as above, and the folder is ours.
void remove_stale_sockets(const fs::path& folder) {
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator(folder, gone))
        fs::remove(entry.path(), gone);
}

/// What the server wrote last: before its collector of logs runs, to start.log.
std::string last_words(const fs::path& data) {
    auto newest = data / "start.log";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(data / "log", error)) {
        if (fs::last_write_time(entry.path(), error) >= fs::last_write_time(newest, error))
            newest = entry.path();
    }
    std::ifstream file(newest);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string last_lines(const std::string& text) {
    constexpr std::size_t most = 600;
    auto tail = text.size() > most ? text.substr(text.size() - most) : text;
    std::replace(tail.begin(), tail.end(), '\n', ' ');
    return tail;
}

}  // namespace

PrivatePostgres::PrivatePostgres(fs::path root, Logger log)
    : root_(fs::absolute(root)), log_(std::move(log)) {
    // 107 bytes are the limit of a socket's path, and ROOT may be longer.
    const auto id = to_hex(crypto::sha256(as_bytes(root_.string())).view()).substr(0, 12);
    if (geteuid() == 0) {
        const auto* user = getpwnam("postgres");
        if (!user) user = getpwnam("nobody");
        if (!user)
            throw Error("DATABASE_URL is not set, and there is no unprivileged user to run PostgreSQL as");
        account_ = {user->pw_uid, user->pw_gid, user->pw_name};
        data_ = fs::path("/var/lib/baton") / id / "data";
    } else {
        const auto* user = getpwuid(geteuid());
        account_ = {geteuid(), getegid(), user ? user->pw_name : std::to_string(geteuid())};
        data_ = root_ / "postgres" / "data";
    }
    socket_directory_ = fs::path("/tmp") / ("baton-" + id);
    programs_ = find_programs(first_line(data_ / "PG_VERSION"));
}

int PrivatePostgres::run(const std::vector<std::string>& arguments, std::string& output, int kept) const {
    const auto out_path = root_ / "postgres.out";
    const int out = open(out_path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0) throw Error("cannot write " + out_path.string() + ": " + std::strerror(errno));
    std::vector<std::string> words = arguments;
    words[0] = (programs_ / words[0]).string();
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    const pid_t child = fork();
    if (child < 0) throw Error(std::string("cannot start a process: ") + std::strerror(errno));
    if (child == 0) {
        setsid();
        const int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(out, 1);
        dup2(out, 2);
        if (geteuid() == 0 &&
            (setgroups(0, nullptr) != 0 || setgid(account_.gid) != 0 || setuid(account_.uid) != 0))
            _exit(126);
        if (chdir("/") != 0) _exit(126);
        setenv("LC_ALL", "C.UTF-8", 1);
        // The server must not keep this process's listening sockets alive.
        for (int fd = 3; fd < 1024; ++fd) {
            if (fd != kept) close(fd);
        }
        if (kept >= 0) fcntl(kept, F_SETFD, 0);
        execv(argv[0], argv.data());
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    close(out);
    std::ifstream file(out_path);
    output.assign(std::istreambuf_iterator<char>(file), {});
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void PrivatePostgres::run_or_throw(const std::vector<std::string>& arguments, const std::string& what,
                                   int kept) const {
    std::string output;
    const int code = run(arguments, output, kept);
    if (code != 0)
        throw Error("private PostgreSQL: " + what + " failed (exit code " + std::to_string(code) +
                    "): " + last_lines(output));
}

bool PrivatePostgres::running() const {
    std::string output;
    if (FileLock::attempt(data_.parent_path() / "server.lock").held()) remove_stale_pid(data_);
    return fs::exists(data_ / "PG_VERSION") && run({"pg_ctl", "-D", data_.string(), "status"}, output) == 0;
}

void PrivatePostgres::initialise() {
    log_.info("no DATABASE_URL: initialising a private PostgreSQL", {{"directory", data_.string()}});
    fs::create_directories(data_);
    fs::permissions(data_, fs::perms::owner_all);
    if (geteuid() == 0) {
        fs::permissions(data_.parent_path(),
                        fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
        if (chown(data_.c_str(), account_.uid, account_.gid) != 0)
            throw Error("cannot give " + data_.string() + " to " + account_.name);
        std::ofstream(root_ / "postgres.path") << data_.string() << "\n";
    }
    run_or_throw(
        {"initdb", "-D", data_.string(), "-U", role_name, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"},
        "initdb");
    write_settings(data_, socket_directory_);
}

/// The server's processes inherit a lock and hold it as long as one of them lives. In another container on
/// the same ROOT they cannot be seen, and a second server on their data would destroy it.
void PrivatePostgres::start_server() {
    const auto path = data_.parent_path() / "server.lock";
    auto lock = FileLock::attempt(path);
    if (!lock.held()) {
        log_.info("waiting for the last processes of a private PostgreSQL to let go of its data",
                  {{"directory", data_.string()}});
        lock.try_for(last_processes_end_within);
    }
    if (!lock.held())
        throw Error("the private PostgreSQL in " + data_.string() +
                    " is running already, in another container (" + path.string() +
                    " is locked): instances in several containers need a common DATABASE_URL");
    remove_stale_sockets(socket_directory_);
    std::string output;
    const int code =
        run({"pg_ctl", "-D", data_.string(), "-w", "-t", "60", "-l", (data_ / "start.log").string(), "start"},
            output, lock.descriptor());
    if (code != 0)
        throw Error("the private PostgreSQL in " + data_.string() +
                    " does not start: " + last_lines(last_words(data_)));
    log_.info("private PostgreSQL started", {{"directory", data_.string()}});
}

void PrivatePostgres::create_database() {
    std::string output;
    const int code =
        run({"createdb", "-h", socket_directory_.string(), "-U", role_name, database_name}, output);
    if (code != 0 && output.find("already exists") == std::string::npos)
        throw Error("private PostgreSQL: creating the database failed: " + last_lines(output));
}

void PrivatePostgres::require_server(const fs::path& root) {
    static_cast<void>(PrivatePostgres(root, Logger()));
}

Secret PrivatePostgres::start() {
    fs::create_directories(root_);
    const FileLock lock(root_ / "postgres.lock");
    own_socket_directory(socket_directory_, account_.uid, account_.gid);
    if (!fs::exists(data_ / "PG_VERSION")) initialise();
    if (!running()) start_server();
    create_database();
    return url();
}

PrivatePostgres::State PrivatePostgres::look() const {
    if (!fs::exists(root_) || !fs::exists(data_ / "PG_VERSION")) return State::absent;
    const FileLock lock(root_ / "postgres.lock");
    return running() ? State::running : State::stopped;
}

Secret PrivatePostgres::url() const {
    return Secret("postgresql:///" + std::string(database_name) + "?host=" + socket_directory_.string() +
                  "&user=" + role_name);
}

bool PrivatePostgres::stop() {
    if (look() != State::running) return false;
    const FileLock lock(root_ / "postgres.lock");
    run_or_throw({"pg_ctl", "-D", data_.string(), "-w", "-m", "fast", "stop"}, "stop");
    return true;
}

}  // namespace baton::app

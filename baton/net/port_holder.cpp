#include "baton/net/port_holder.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

namespace baton::net {

namespace {

namespace fs = std::filesystem;

/// Inodes of the sockets that listen on the port, from /proc/net/tcp or tcp6 (proc(5)).
void add_listening_inodes(const char* path, std::uint16_t port, std::set<std::string>& inodes) {
    constexpr const char* listening = "0A";
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
        words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >>
            inode;
        const auto colon = local.rfind(':');
        if (state != listening || colon == std::string::npos) continue;
        unsigned number = 0;
        std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
        if (number == port) inodes.insert("socket:[" + inode + "]");
    }
}

bool holds_one_of(const fs::path& process, const std::set<std::string>& sockets) {
    std::error_code error;
    for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code unreadable;
        const auto target = fs::read_symlink(entry->path(), unreadable);
        if (!unreadable && sockets.contains(target.string())) return true;
    }
    return false;
}

std::string program_of(const fs::path& process) {
    std::ifstream file(process / "cmdline", std::ios::binary);
    std::string name;
    std::getline(file, name, '\0');
    return name.substr(0, 100);
}

}  // namespace

std::optional<PortHolder> port_holder(std::uint16_t port) {
    std::set<std::string> sockets;
    add_listening_inodes("/proc/net/tcp", port, sockets);
    add_listening_inodes("/proc/net/tcp6", port, sockets);
    if (sockets.empty()) return std::nullopt;

    std::error_code error;
    for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
        const auto name = entry->path().filename().string();
        int pid = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
        if (holds_one_of(entry->path(), sockets)) return PortHolder{pid, program_of(entry->path())};
    }
    return std::nullopt;
}

}  // namespace baton::net

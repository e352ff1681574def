#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace baton::net {

struct PortHolder {
    int pid = 0;
    /// The program's command line, cut to its first 100 characters; arguments after the program's name are
    /// left out, because they may hold secrets.
    std::string program;
};

/// The process that listens on a TCP port of this machine, from /proc. Nothing when no one does or when the
/// process cannot be seen (other user, other container). Blocking, a few milliseconds: for error messages and
/// the doctor.
std::optional<PortHolder> port_holder(std::uint16_t port);

}  // namespace baton::net

#include "baton/pg/connect.hpp"

#include "baton/async/descriptor.hpp"
#include "baton/async/resolve.hpp"
#include "baton/pg/error.hpp"
#include "baton/pg/failure.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace baton::pg {

namespace {

using Keywords = std::map<std::string, std::string>;

std::vector<std::string> split_list(const Keywords& keywords, const std::string& key) {
    std::vector<std::string> items;
    const auto found = keywords.find(key);
    if (found == keywords.end() || found->second.empty()) return items;
    std::string_view rest = found->second;
    while (true) {
        const auto comma = std::min(rest.find(','), rest.size());
        items.emplace_back(rest.substr(0, comma));
        if (comma == rest.size()) return items;
        rest.remove_prefix(comma + 1);
    }
}

/// In the value of "-c name=value" of libpq's `options`.
std::string escaped_option(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == ' ' || c == '\\') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

/// What every attempt shares: all of the URL but its servers.
Keywords common_keywords(const SessionOptions& options) {
    Keywords keywords = options.url.libpq;
    for (const char* own : {"host", "hostaddr", "port", "connect_timeout"}) {
        keywords.erase(own);
    }
    keywords["client_encoding"] = "UTF8";
    if (!options.application_name.empty()) keywords["application_name"] = options.application_name;
    for (const auto& [name, value] : options.url.runtime) {
        keywords["options"] += " -c " + escaped_option(name) + "=" + escaped_option(value);
    }
    if (options.tcp_user_timeout.count() > 0) {
        // Keep-alives find a dead peer while nothing is sent, the user time-out while something is.
        const auto milliseconds = options.tcp_user_timeout.count();
        keywords["tcp_user_timeout"] = std::to_string(milliseconds);
        keywords["keepalives"] = "1";
        keywords["keepalives_idle"] = std::to_string(std::max<std::int64_t>(1, milliseconds / 2000));
        keywords["keepalives_interval"] = std::to_string(std::max<std::int64_t>(1, milliseconds / 4000));
        keywords["keepalives_count"] = "2";
    }
    return keywords;
}

/// One address to try.
struct Server {
    std::string host;
    std::string hostaddr;
    std::string port;
};

bool needs_resolving(const Server& server) {
    if (!server.hostaddr.empty() || server.host.empty() || server.host[0] == '/' || server.host[0] == '@') {
        return false;
    }
    in6_addr address{};
    return inet_pton(AF_INET, server.host.c_str(), &address) != 1 &&
           inet_pton(AF_INET6, server.host.c_str(), &address) != 1;
}

/// The servers of the URL; one without any name stands for libpq's defaults.
std::vector<Server> servers_of(const Keywords& libpq) {
    const auto hosts = split_list(libpq, "host");
    const auto addresses = split_list(libpq, "hostaddr");
    const auto ports = split_list(libpq, "port");
    const auto count = std::max({hosts.size(), addresses.size(), std::size_t(1)});
    const bool fits = (hosts.empty() || hosts.size() == count) &&
                      (addresses.empty() || addresses.size() == count) &&
                      (ports.size() <= 1 || ports.size() == count);
    if (!fits) {
        throw ConnectionLost("cannot connect to the database: the URL names " + std::to_string(hosts.size()) +
                             " hosts, " + std::to_string(addresses.size()) + " host addresses and " +
                             std::to_string(ports.size()) + " ports; the numbers have to agree");
    }
    std::vector<Server> servers(count);
    for (std::size_t i = 0; i < count; ++i) {
        if (!hosts.empty()) servers[i].host = hosts[i];
        if (!addresses.empty()) servers[i].hostaddr = addresses[i];
        if (!ports.empty()) servers[i].port = ports.size() == 1 ? ports[0] : ports[i];
    }
    return servers;
}

ConnectionHandle start(const Keywords& common, const Server& server, const std::string& target) {
    Keywords keywords = common;
    if (!server.host.empty()) keywords["host"] = server.host;
    if (!server.hostaddr.empty()) keywords["hostaddr"] = server.hostaddr;
    if (!server.port.empty()) keywords["port"] = server.port;
    if (!target.empty()) keywords["target_session_attrs"] = target;
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : keywords) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    ConnectionHandle handle(PQconnectStartParams(names.data(), values.data(), 0));
    if (!handle) throw std::bad_alloc();
    PQsetNoticeReceiver(
        handle.get(), [](void*, const PGresult*) {}, nullptr);
    return handle;
}

std::string reason_of(const PGconn* connection) {
    return one_line(PQerrorMessage(connection));
}

/// A connected handle, or the reason in `failure`.
async::Task<ConnectionHandle> attempt(ConnectionHandle handle, async::Deadline deadline,
                                      std::string* failure) {
    const auto executor = co_await async::current_executor();
    auto next = PQstatus(handle.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        bool ready = false;
        {
            // Anew for every wait: libpq may close the socket and open another one between two polls.
            async::Descriptor descriptor(executor, PQsocket(handle.get()));
            const auto what = next == PGRES_POLLING_READING ? async::Descriptor::Ready::readable
                                                            : async::Descriptor::Ready::writable;
            ready = co_await descriptor.wait(what, deadline);
        }
        if (!ready) {
            *failure = "no answer in time";
            co_return nullptr;
        }
        next = PQconnectPoll(handle.get());
    }
    if (next == PGRES_POLLING_OK && PQsetnonblocking(handle.get(), 1) == 0) co_return handle;
    *failure = reason_of(handle.get());
    co_return nullptr;
}

std::chrono::milliseconds connect_timeout(const SessionOptions& options) {
    const auto found = options.url.libpq.find("connect_timeout");
    const int seconds = found == options.url.libpq.end() ? 0 : std::atoi(found->second.c_str());
    return seconds > 0 ? std::chrono::seconds(seconds) : options.connect_timeout;
}

/// So that a first server that swallows packets leaves time for the others.
async::Deadline share_of(async::Deadline deadline, std::chrono::milliseconds most, std::size_t servers_left) {
    const auto own = async::Deadline::after(most);
    if (deadline.is_never()) return own;
    return own.sooner(async::Deadline::after(deadline.left() / static_cast<std::int64_t>(servers_left)));
}

std::string name_of(const Server& server) {
    std::string name = server.host.empty() ? server.hostaddr : server.host;
    if (name.empty()) name = "of libpq's defaults";
    return server.port.empty() ? name : name + ":" + server.port;
}

async::Task<std::vector<Server>> resolved(Server server, async::Deadline deadline) {
    std::vector<Server> servers;
    const auto addresses = co_await async::resolve_host(server.host, deadline);
    for (const auto& address : addresses) {
        servers.push_back(Server{server.host, address, server.port});
    }
    co_return servers;
}

/// One pass over all servers of the URL.
class Attempts {
  public:
    Attempts(const SessionOptions& options, async::Deadline deadline)
        : common_(common_keywords(options)),
          servers_(servers_of(options.url.libpq)),
          timeout_(connect_timeout(options)),
          deadline_(deadline) {}

    async::Task<ConnectionHandle> run(std::string target) {
        for (std::size_t i = 0; i < servers_.size(); ++i) {
            const auto until = share_of(deadline_, timeout_, servers_.size() - i);
            ConnectionHandle handle = co_await try_server(servers_[i], target, until);
            if (handle) co_return handle;
        }
        co_return nullptr;
    }

    const std::string& failures() const { return failures_; }
    std::size_t servers() const { return servers_.size(); }

  private:
    async::Task<ConnectionHandle> try_server(Server server, std::string target, async::Deadline until) {
        std::vector<Server> addresses(1, server);
        std::string unresolved;
        if (needs_resolving(server)) {
            try {
                addresses = co_await resolved(server, until);
            } catch (const NotFound& error) {
                unresolved = error.what();
            } catch (const TimedOut& error) {
                unresolved = error.what();
            }
        }
        if (!unresolved.empty()) {
            add_failure(server, unresolved);
            co_return nullptr;
        }
        for (std::size_t i = 0; i < addresses.size(); ++i) {
            std::string failure;
            const auto share = share_of(until, timeout_, addresses.size() - i);
            ConnectionHandle started = start(common_, addresses[i], target);
            ConnectionHandle handle = co_await attempt(std::move(started), share, &failure);
            if (handle) co_return handle;
            add_failure(server, failure);
        }
        co_return nullptr;
    }

    void add_failure(const Server& server, const std::string& reason) {
        if (!failures_.empty()) failures_ += "; ";
        failures_ += name_of(server) + ": " + reason;
    }

    Keywords common_;
    std::vector<Server> servers_;
    std::chrono::milliseconds timeout_;
    async::Deadline deadline_;
    std::string failures_;
};

}  // namespace

async::Task<ConnectionHandle> connect(SessionOptions options, async::Deadline deadline) {
    Attempts attempts(options, deadline);
    const auto wanted = options.url.libpq.find("target_session_attrs");
    // libpq itself makes two passes for this one, but only over servers that it was given together.
    const bool prefers_standby = wanted != options.url.libpq.end() && wanted->second == "prefer-standby";
    // Of several servers the one that can be written is meant, whether the URL says so or not.
    const bool several = wanted == options.url.libpq.end() && attempts.servers() > 1;
    std::string target = prefers_standby ? "standby" : several ? "primary" : "";
    ConnectionHandle handle = co_await attempts.run(target);
    if (!handle && prefers_standby) {
        target = "any";
        handle = co_await attempts.run(target);
    }
    if (!handle) throw ConnectionLost("cannot connect to the database: " + attempts.failures());
    co_return handle;
}

std::string name_of(const PGconn* connection) {
    const auto text = [](const char* value) { return std::string(value ? value : ""); };
    return text(PQhost(connection)) + ":" + text(PQport(connection)) + "/" + text(PQdb(connection));
}

}  // namespace baton::pg

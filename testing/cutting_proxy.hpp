#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace baton::test {

/// A TCP relay to a PostgreSQL server on 127.0.0.1 that cuts one connection at a chosen moment. Works in a
/// thread of its own; the functions may be called from any other.
class CuttingProxy {
  public:
    enum class Cut {
        never,
        /// The next thing that a client says is lost, and its connection with it.
        before_request,
        /// What the client says next reaches the server; the server's complete answer is lost, and the
        /// connection with it.
        before_answer,
        /// What the client says next reaches the server; the client's connection is lost at once, the
        /// server's stays open, as when a network breaks.
        after_request,
    };

    explicit CuttingProxy(std::uint16_t server_port) : server_port_(server_port) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = local(0);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 64) != 0)
            throw std::runtime_error("the relay cannot listen");
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~CuttingProxy() {
        ended_ = true;
        thread_.join();
        for (const auto& link : links_) {
            if (link.client >= 0) ::close(link.client);
            ::close(link.server);
        }
        ::close(listener_);
    }
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    std::uint16_t port() const { return port_; }
    /// For the next request on whatever connection; later ones are relayed again.
    void cut(Cut when) { cut_ = when; }
    int cuts() const { return cuts_; }

  private:
    struct Link {
        int client = -1;
        int server = -1;
        /// The answer that is under way will be lost.
        bool doomed = false;
        std::string unanswered;
    };

    static sockaddr_in local(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        return address;
    }

    void serve() {
        while (!ended_) {
            std::vector<pollfd> fds{{listener_, POLLIN, 0}};
            for (const auto& link : links_) {
                fds.push_back({link.client, POLLIN, 0});
                fds.push_back({link.server, POLLIN, 0});
            }
            if (::poll(fds.data(), fds.size(), 20) <= 0) continue;
            std::size_t at = 1;
            for (auto link = links_.begin(); link != links_.end(); at += 2) {
                bool open = true;
                if (fds[at].revents != 0) open = from_client(*link);
                if (open && fds[at + 1].revents != 0) open = from_server(*link);
                if (open) {
                    ++link;
                    continue;
                }
                if (link->client >= 0) ::close(link->client);
                ::close(link->server);
                link = links_.erase(link);
            }
            if (fds[0].revents != 0) accept();
        }
    }

    void accept() {
        Link link;
        link.client = ::accept(listener_, nullptr, nullptr);
        link.server = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = local(server_port_);
        if (::connect(link.server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(link.client);
            ::close(link.server);
            return;
        }
        links_.push_back(link);
    }

    static std::string receive(int from) {
        std::string data(65536, '\0');
        const auto got = ::recv(from, data.data(), data.size(), 0);
        data.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return data;
    }
    static void send_all(int to, std::string_view data) {
        while (!data.empty()) {
            const auto sent = ::send(to, data.data(), data.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            data.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// False: the link is to be closed.
    bool from_client(Link& link) {
        const auto data = receive(link.client);
        if (data.empty()) return false;
        if (link.doomed) {
            send_all(link.server, data);
            return true;
        }
        switch (cut_.exchange(Cut::never)) {
            case Cut::never:
                break;
            case Cut::before_request:
                ++cuts_;
                return false;
            case Cut::before_answer:
                link.doomed = true;
                break;
            case Cut::after_request:
                send_all(link.server, data);
                ::close(link.client);
                link.client = -1;
                ++cuts_;
                return true;
        }
        send_all(link.server, data);
        return true;
    }

    bool from_server(Link& link) {
        const auto data = receive(link.server);
        if (data.empty()) return false;
        if (link.client < 0) return true;
        if (!link.doomed) {
            send_all(link.client, data);
            return true;
        }
        link.unanswered += data;
        // ReadyForQuery, idle: the whole pipeline was executed.
        constexpr std::string_view ready("Z\0\0\0\5I", 6);
        if (!link.unanswered.ends_with(ready)) return true;
        ++cuts_;
        return false;
    }

    std::uint16_t server_port_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::list<Link> links_;
    std::atomic<Cut> cut_{Cut::never};
    std::atomic<int> cuts_{0};
    std::atomic<bool> ended_{false};
    std::thread thread_;
};

}  // namespace baton::test

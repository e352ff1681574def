#pragma once

// For tests of this folder only: blocking sockets on loopback and a loop on a thread of its own.

#include "baton/async/loop.hpp"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace baton::net::testing {

/// What a stuck test waits for at most.
constexpr int patience_seconds = 10;

/// A blocking TCP connection.
class RawSocket {
  public:
    explicit RawSocket(int fd) : fd_(fd) { be_patient(); }
    static RawSocket connect_to(std::uint16_t port, int receive_buffer = 0) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (receive_buffer > 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd);
            throw std::runtime_error("connect failed");
        }
        return RawSocket(fd);
    }
    RawSocket(RawSocket&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), seen_(std::move(other.seen_)) {}
    RawSocket& operator=(RawSocket&&) = delete;
    ~RawSocket() { close(); }

    int fd() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    void finish_sending() { ::shutdown(fd_, SHUT_WR); }
    /// False when the peer is gone.
    bool send(std::string_view text) {
        while (!text.empty()) {
            const ssize_t count = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }
    /// Up to and including the mark; what came before the end of the stream when the mark never comes.
    std::string read_until(std::string_view mark) {
        for (;;) {
            const auto at = seen_.find(mark);
            if (at != std::string::npos) return take(at + mark.size());
            if (!more()) return take(seen_.size());
        }
    }
    std::string read_exactly(std::size_t count) {
        while (seen_.size() < count && more()) {
        }
        return take(std::min(count, seen_.size()));
    }
    std::string read_to_end() {
        while (more()) {
        }
        return take(seen_.size());
    }
    /// Head and body (Content-Length) of one message.
    std::string read_message() {
        std::string head = read_until("\r\n\r\n");
        const auto at = head.find("Content-Length: ");
        if (at == std::string::npos) return head;
        return head + read_exactly(std::stoul(head.substr(at + 16)));
    }

  private:
    void be_patient() {
        timeval time{patience_seconds, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
        setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    }
    bool more() {
        std::array<char, 65536> buffer;
        const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
        if (count < 0 && errno == EAGAIN) throw std::runtime_error("the peer neither sends nor closes");
        if (count <= 0) return false;
        seen_.append(buffer.data(), static_cast<std::size_t>(count));
        return true;
    }
    std::string take(std::size_t count) {
        std::string out = seen_.substr(0, count);
        seen_.erase(0, count);
        return out;
    }

    int fd_;
    std::string seen_;
};

/// Accepts connections on a free loopback port; each one is played by `script` on a thread of its own.
class ScriptedServer {
  public:
    using Script = std::function<void(RawSocket& socket, int connection)>;
    explicit ScriptedServer(Script script) : script_(std::move(script)) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 128) != 0) {
            throw std::runtime_error("no port to listen on");
        }
        getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { accept_all(); });
    }
    /// Ends the connections and waits for the scripts.
    ~ScriptedServer() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
        {
            const std::lock_guard lock(mutex_);
            for (const int fd : open_) {
                ::shutdown(fd, SHUT_RDWR);
            }
        }
        for (auto& connection : connections_) {
            connection.join();
        }
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url(std::string_view path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
    }
    int accepted() const { return accepted_; }

  private:
    void accept_all() {
        for (;;) {
            const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            const int number = accepted_++;
            connections_.emplace_back([this, fd, number] { serve(fd, number); });
        }
    }
    void serve(int fd, int number) {
        RawSocket socket(fd);
        {
            const std::lock_guard lock(mutex_);
            open_.insert(fd);
        }
        try {
            script_(socket, number);
        } catch (const std::exception&) {
            // The test sees it on the other side.
        }
        const std::lock_guard lock(mutex_);
        open_.erase(fd);
        socket.close();
    }

    Script script_;
    int fd_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> accepted_ = 0;
    std::thread thread_;
    std::vector<std::thread> connections_;
    std::mutex mutex_;
    std::set<int> open_;
};

/// Runs blocking code (the other side of a connection) on a thread of its own while the loop runs here. What
/// the code throws is thrown here.
inline void play(async::Loop& loop, const std::function<void()>& code) {
    std::exception_ptr failure;
    std::thread thread([&] {
        try {
            code();
        } catch (...) {
            failure = std::current_exception();
        }
        loop.stop();
    });
    loop.run();
    thread.join();
    if (failure) std::rethrow_exception(failure);
}

/// Runs `function` on the loop and waits for it. For code inside play().
inline void on_loop(async::Loop& loop, const std::function<void()>& function) {
    std::promise<void> done;
    loop.post([&] {
        function();
        done.set_value();
    });
    done.get_future().get();
}

/// A self-signed certificate for localhost in a folder that goes away with the object.
class TestCertificate {
  public:
    TestCertificate() {
        std::string pattern = (std::filesystem::temp_directory_path() / "baton-tls-XXXXXX").string();
        if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
        folder_ = pattern;
        write();
    }
    ~TestCertificate() { std::filesystem::remove_all(folder_); }
    TestCertificate(const TestCertificate&) = delete;
    TestCertificate& operator=(const TestCertificate&) = delete;
    std::string certificate_path() const { return folder_ / "server.crt"; }
    std::string key_path() const { return folder_ / "server.key"; }

  private:
    void write() {
        EVP_PKEY* key = EVP_EC_gen("P-256");
        X509* certificate = X509_new();
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_NAME* name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
        X509_set_issuer_name(certificate, name);
        X509_sign(certificate, key, EVP_sha256());
        std::FILE* file = std::fopen(certificate_path().c_str(), "w");
        PEM_write_X509(file, certificate);
        std::fclose(file);
        file = std::fopen(key_path().c_str(), "w");
        PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
    std::filesystem::path folder_;
};

}  // namespace baton::net::testing

#pragma once

// Inside baton/net only: libcurl's multi interface driven by the event loop.

#include "baton/async/task.hpp"

#include <curl/curl.h>

#include <functional>
#include <map>
#include <memory>

namespace baton::net {

/// Runs many libcurl transfers on one executor without blocking it (curl's "multi_socket" interface).
/// Executor's thread only. Shared, because libcurl and the reactor hold on to it until the last transfer is
/// gone.
class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
  public:
    /// Told once, when the transfer ended; called from the loop, never from within add().
    using OnDone = std::function<void(CURLcode)>;

    CurlMulti(async::Executor executor, std::size_t kept_connections);
    ~CurlMulti();
    CurlMulti(const CurlMulti&) = delete;
    CurlMulti& operator=(const CurlMulti&) = delete;

    /// Starts a transfer. `easy` stays the caller's and must be removed before it is cleaned up.
    void add(CURL* easy, OnDone on_done);
    /// Ends the transfer if it is under way. Never blocks.
    void remove(CURL* easy);
    std::size_t active() const { return transfers_.size(); }

  private:
    struct Socket;
    struct Timer;

    static int socket_changed(CURL*, curl_socket_t fd, int what, void* self, void*);
    static int timer_changed(CURLM*, long milliseconds, void* self);
    /// False when the reactor cannot take the socket; libcurl then ends the transfer.
    bool watch(curl_socket_t fd, int what);
    void arm(const std::shared_ptr<Socket>& socket);
    void wait(const std::shared_ptr<Socket>& socket, int direction);
    void act(curl_socket_t fd, int direction);
    void collect();

    async::Executor executor_;
    CURLM* multi_;
    std::unique_ptr<Timer> timer_;
    std::map<curl_socket_t, std::shared_ptr<Socket>> sockets_;
    std::map<CURL*, OnDone> transfers_;
};

}  // namespace baton::net

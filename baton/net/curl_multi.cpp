#include "baton/net/curl_multi.hpp"

#include "baton/base/error.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <utility>

namespace baton::net {

namespace asio = boost::asio;

namespace {

/// libcurl's global state, once per process.
void initialise_curl() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK)
        throw Error(std::string("libcurl cannot be initialised: ") + curl_easy_strerror(code));
}

}  // namespace

struct CurlMulti::Socket {
    explicit Socket(const async::Executor& executor) : descriptor(executor) {}
    // The socket belongs to libcurl; only the reactor forgets it here.
    ~Socket() {
        if (descriptor.is_open()) descriptor.release();
    }

    asio::posix::basic_stream_descriptor<async::Executor> descriptor;
    /// CURL_POLL_*: what libcurl waits for.
    int wanted = CURL_POLL_NONE;
    /// CURL_CSELECT_*: the waits under way.
    int waiting = 0;
};

struct CurlMulti::Timer {
    explicit Timer(const async::Executor& executor) : timer(executor) {}
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                               async::Executor>
        timer;
};

CurlMulti::CurlMulti(async::Executor executor, std::size_t kept_connections)
    : executor_(executor), timer_(std::make_unique<Timer>(executor)) {
    initialise_curl();
    multi_ = curl_multi_init();
    if (!multi_) throw Error("libcurl cannot be initialised: out of memory");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::socket_changed);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::timer_changed);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(kept_connections));
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

CurlMulti::~CurlMulti() {
    for (const auto& [easy, on_done] : transfers_) {
        curl_multi_remove_handle(multi_, easy);
    }
    curl_multi_cleanup(multi_);
}

void CurlMulti::add(CURL* easy, OnDone on_done) {
    transfers_.emplace(easy, std::move(on_done));
    const CURLMcode code = curl_multi_add_handle(multi_, easy);
    if (code == CURLM_OK) return;
    transfers_.erase(easy);
    throw Error(std::string("an HTTP request cannot be started: ") + curl_multi_strerror(code));
}

void CurlMulti::remove(CURL* easy) {
    if (transfers_.erase(easy) == 0) return;
    curl_multi_remove_handle(multi_, easy);
}

int CurlMulti::socket_changed(CURL*, curl_socket_t fd, int what, void* self, void*) {
    return static_cast<CurlMulti*>(self)->watch(fd, what) ? 0 : -1;
}

int CurlMulti::timer_changed(CURLM*, long milliseconds, void* self) {
    auto& multi = *static_cast<CurlMulti*>(self);
    if (milliseconds < 0) {
        multi.timer_->timer.cancel();
        return 0;
    }
    multi.timer_->timer.expires_after(std::chrono::milliseconds(milliseconds));
    // weak: a multi that is being destroyed gets no more calls.
    multi.timer_->timer.async_wait([weak = multi.weak_from_this()](boost::system::error_code error) {
        const auto strong = weak.lock();
        if (!error && strong) strong->act(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
}

bool CurlMulti::watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_REMOVE) {
        sockets_.erase(fd);
        return true;
    }
    auto& socket = sockets_[fd];
    if (!socket) {
        auto fresh = std::make_shared<Socket>(executor_);
        boost::system::error_code error;
        fresh->descriptor.assign(fd, error);
        if (error) {
            sockets_.erase(fd);
            return false;
        }
        socket = std::move(fresh);
    }
    socket->wanted = what;
    arm(socket);
    return true;
}

void CurlMulti::arm(const std::shared_ptr<Socket>& socket) {
    const bool read = socket->wanted == CURL_POLL_IN || socket->wanted == CURL_POLL_INOUT;
    const bool write = socket->wanted == CURL_POLL_OUT || socket->wanted == CURL_POLL_INOUT;
    if (read && !(socket->waiting & CURL_CSELECT_IN)) wait(socket, CURL_CSELECT_IN);
    if (write && !(socket->waiting & CURL_CSELECT_OUT)) wait(socket, CURL_CSELECT_OUT);
}

void CurlMulti::wait(const std::shared_ptr<Socket>& socket, int direction) {
    socket->waiting |= direction;
    const auto kind = direction == CURL_CSELECT_IN ? asio::posix::descriptor_base::wait_read
                                                   : asio::posix::descriptor_base::wait_write;
    auto ready = [weak = weak_from_this(), weak_socket = std::weak_ptr<Socket>(socket),
                  direction](boost::system::error_code error) {
        const auto self = weak.lock();
        // A socket that libcurl gave up since then is gone, even if a new one has the same number.
        auto live = weak_socket.lock();
        if (!self || !live) return;
        live->waiting &= ~direction;
        if (error) return;
        const curl_socket_t fd = live->descriptor.native_handle();
        // Let go of it: libcurl may close the socket during act(), and then the reactor must forget it first.
        live.reset();
        self->act(fd, direction);
        const auto still = weak_socket.lock();
        if (still) self->arm(still);
    };
    socket->descriptor.async_wait(kind, std::move(ready));
}

void CurlMulti::act(curl_socket_t fd, int direction) {
    const auto self = shared_from_this();
    int running = 0;
    curl_multi_socket_action(multi_, fd, direction, &running);
    collect();
}

void CurlMulti::collect() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const auto found = transfers_.find(message->easy_handle);
        if (found != transfers_.end()) found->second(message->data.result);
    }
}

}  // namespace baton::net

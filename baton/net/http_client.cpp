#include "baton/net/http_client.hpp"

#include "baton/async/event.hpp"
#include "baton/base/error.hpp"
#include "baton/net/curl_multi.hpp"
#include "baton/net/curl_transfer.hpp"
#include "baton/net/url.hpp"

#include <array>
#include <optional>
#include <set>
#include <utility>

namespace baton::net {

namespace {

constexpr int max_redirects = 10;

/// One transfer on the multi handle for as long as the waiting coroutine lives, however that ends.
class Running {
  public:
    Running(std::shared_ptr<CurlMulti> multi, async::Executor executor, const ClientRequest& request,
            const HttpClientOptions& options)
        : multi_(std::move(multi)), ended_(std::move(executor)), transfer_(request, options) {
        multi_->add(transfer_.easy(), [this](CURLcode code) {
            code_ = code;
            ended_.notify();
        });
    }
    ~Running() { multi_->remove(transfer_.easy()); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    async::Event& ended() { return ended_; }
    std::optional<CURLcode> code() const { return code_; }
    CurlTransfer& transfer() { return transfer_; }

  private:
    std::shared_ptr<CurlMulti> multi_;
    async::Event ended_;
    CurlTransfer transfer_;
    std::optional<CURLcode> code_;
};

/// Go: sensitive headers go to the first host and its subdomains only.
bool may_carry_secrets(std::string_view first_host, std::string_view host) {
    if (equal_ignoring_case(first_host, host)) return true;
    if (host.size() <= first_host.size()) return false;
    const auto tail = host.substr(host.size() - first_host.size());
    return host[host.size() - first_host.size() - 1] == '.' && equal_ignoring_case(tail, first_host);
}

/// The URL without user and fragment, unless that would tell an http:// server of an https:// page.
std::string referer(const Url& from, const Url& to) {
    if (from.scheme == "https" && to.scheme == "http") return {};
    const std::string host = from.host.find(':') == std::string::npos ? from.host : "[" + from.host + "]";
    const std::string port = from.port == 0 ? "" : ":" + std::to_string(from.port);
    return from.scheme + "://" + host + port + from.target;
}

/// Turns the request into the one that follows a redirect.
void redirect(ClientRequest& request, unsigned status, std::string target, const std::string& first_host) {
    const bool repeats = status == 307 || status == 308;
    if (!repeats && request.method != "GET" && request.method != "HEAD") request.method = "GET";
    if (!repeats) request.body.clear();
    const auto from = parse_url(request.url);
    const auto to = parse_url(target);
    request.url = std::move(target);
    if (!from || !to) return;
    if (!may_carry_secrets(first_host, to->host)) {
        for (const char* name : {"Authorization", "Www-Authenticate", "Cookie", "Cookie2"}) {
            request.headers.erase(name);
        }
    }
    auto source = referer(*from, *to);
    if (source.empty()) {
        request.headers.erase("Referer");
    } else {
        request.headers.set("Referer", std::move(source));
    }
}

}  // namespace

struct HttpClient::Impl {
    Impl(async::Executor runs_on, HttpClientOptions chosen)
        : executor(runs_on),
          options(std::move(chosen)),
          multi(std::make_shared<CurlMulti>(runs_on, options.kept_connections)) {}

    struct Step {
        ClientResult result;
        /// Of a redirect, as written there.
        std::string location;
    };

    static async::Task<Step> send_once(std::shared_ptr<Impl> self, const ClientRequest& request) {
        Running running(self->multi, self->executor, request, self->options);
        self->waiting.insert(&running.ended());
        const Leave leave{*self, running.ended()};
        while (!running.code()) {
            const bool ended = co_await running.ended().wait(request.deadline);
            if (self->closed) throw Cancelled();
            if (!ended && !running.code()) {
                co_return Step{ClientError{ClientError::Kind::timeout, "context deadline exceeded"}, {}};
            }
        }
        // Asked for first, because result() gives the answer away.
        std::string location = running.transfer().location();
        co_return Step{running.transfer().result(*running.code()), std::move(location)};
    }

    static async::Task<ClientResult> send(std::shared_ptr<Impl> self, ClientRequest request) {
        const auto first = parse_url(request.url);
        for (int hops = 0;; ++hops) {
            auto reason = reject_reason(request);
            if (!reason.empty()) co_return ClientError{ClientError::Kind::bad_request, std::move(reason)};
            Step step = co_await send_once(self, request);
            const auto* response = std::get_if<ClientResponse>(&step.result);
            if (!response || !request.follow_redirects || step.location.empty()) {
                co_return std::move(step.result);
            }
            if (hops == max_redirects) {
                co_return ClientError{ClientError::Kind::transport, "stopped after 10 redirects"};
            }
            auto target = resolve_url(request.url, step.location);
            if (target.empty()) {
                co_return ClientError{ClientError::Kind::transport,
                                      "failed to parse Location header \"" + step.location + "\""};
            }
            redirect(request, response->status, std::move(target), first->host);
        }
    }

    struct Leave {
        Impl& impl;
        async::Event& event;
        ~Leave() { impl.waiting.erase(&event); }
    };

    async::Executor executor;
    HttpClientOptions options;
    std::shared_ptr<CurlMulti> multi;
    std::set<async::Event*> waiting;
    bool closed = false;
};

HttpClient::HttpClient(async::Executor executor, HttpClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

HttpClient::~HttpClient() {
    impl_->closed = true;
    for (async::Event* event : impl_->waiting) {
        event->notify();
    }
}

async::Task<ClientResult> HttpClient::send(ClientRequest request) {
    return Impl::send(impl_, std::move(request));
}

std::size_t HttpClient::active() const {
    return impl_->multi->active();
}

}  // namespace baton::net

#include "baton/net/curl_transfer.hpp"

#include "baton/base/error.hpp"
#include "baton/net/address_rules.hpp"
#include "baton/net/url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>

namespace baton::net {

namespace {

/// Below libcurl's own limit of 300 kB, whose error is hard to tell from a broken connection.
constexpr std::size_t header_limit = std::size_t{256} << 10;
/// What is still read of a redirect's body to keep its connection usable, as Go does.
constexpr std::size_t redirect_body_limit = 2048;
/// Go's dialer gives up after it when the deadline is later.
constexpr long connect_timeout_seconds = 30;
/// Adapters move by DNS; libcurl's own default of a minute would keep calling the old place.
constexpr long dns_cache_seconds = 5;

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [marks](unsigned char c) {
        return std::isalnum(c) || marks.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

bool is_header_value(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

/// Fields that describe the connection or the message and are therefore the client's own (as in Go).
bool is_own_field(std::string_view name) {
    constexpr std::array<std::string_view, 4> own = {"Host", "Content-Length", "Transfer-Encoding",
                                                     "Trailer"};
    return std::any_of(own.begin(), own.end(),
                       [name](std::string_view field) { return equal_ignoring_case(field, name); });
}

std::string in_quotes(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

std::string text_of(const sockaddr* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes =
        address->sa_family == AF_INET6
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr)
            : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
    inet_ntop(address->sa_family, bytes, text.data(), text.size());
    return text.data();
}

std::uint16_t port_of(const sockaddr* address) {
    return ntohs(address->sa_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(address)->sin6_port
                                                : reinterpret_cast<const sockaddr_in*>(address)->sin_port);
}

std::string joined(std::string_view address, std::uint16_t port) {
    const bool v6 = address.find(':') != std::string_view::npos;
    return (v6 ? "[" + std::string(address) + "]" : std::string(address)) + ":" + std::to_string(port);
}

/// As Go prints an errno.
std::string system_text(long number) {
    std::string text = std::strerror(static_cast<int>(number));
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

std::string info_text(CURL* easy, CURLINFO what) {
    const char* text = nullptr;
    curl_easy_getinfo(easy, what, &text);
    return text ? text : "";
}

long info_number(CURL* easy, CURLINFO what) {
    long number = 0;
    curl_easy_getinfo(easy, what, &number);
    return number;
}

}  // namespace

std::string reject_reason(const ClientRequest& request) {
    if (!is_token(request.method)) return "net/http: invalid method " + in_quotes(request.method);
    for (const auto& [name, value] : request.headers) {
        if (!is_token(name)) return "net/http: invalid header field name " + in_quotes(name);
        if (!is_header_value(value)) return "net/http: invalid header field value for " + in_quotes(name);
    }
    const auto url = parse_url(request.url);
    if (!url) return "http: no Host in request URL";
    if (url->scheme != "http" && url->scheme != "https")
        return "unsupported protocol scheme " + in_quotes(url->scheme);
    return {};
}

std::string resolve_url(const std::string& base, const std::string& reference) {
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
    char* text = nullptr;
    if (!url || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK ||
        curl_url_set(url.get(), CURLUPART_URL, reference.c_str(),
                     CURLU_PATH_AS_IS | CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
        curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) {
        return {};
    }
    const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
    return text;
}

CurlTransfer::CurlTransfer(const ClientRequest& request, const HttpClientOptions& options)
    : request_(request), options_(options), easy_(curl_easy_init()) {
    if (!easy_) throw Error("an HTTP request cannot be started: out of memory");
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    // Without it, removing a transfer whose name is still being resolved waits for the resolver's thread.
    set(CURLOPT_QUICK_EXIT, 1L);
    if (request.fresh_connection) set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_CONNECTTIMEOUT, connect_timeout_seconds);
    set(CURLOPT_DNS_CACHE_TIMEOUT, dns_cache_seconds);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_SSL_VERIFYPEER, options.verify_tls ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, options.verify_tls ? 2L : 0L);
    set(CURLOPT_ERRORBUFFER, message_.data());
    set(CURLOPT_HEADERFUNCTION, &CurlTransfer::header_received);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &CurlTransfer::body_received);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_PREREQFUNCTION, &CurlTransfer::before_request);
    set(CURLOPT_PREREQDATA, this);
    set_method_and_body();
    set_headers();
    set_proxy();
}

CurlTransfer::~CurlTransfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
}

template <typename T>
void CurlTransfer::set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(easy_, option, value);
    if (code != CURLE_OK)
        throw Error(std::string("an HTTP request cannot be set up: ") + curl_easy_strerror(code));
}

void CurlTransfer::set_method_and_body() {
    const bool expects_body =
        request_.method == "POST" || request_.method == "PUT" || request_.method == "PATCH";
    if (!request_.body.empty() || expects_body) {
        set(CURLOPT_POSTFIELDS, request_.body.data());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    } else if (request_.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
        return;
    }
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void CurlTransfer::set_headers() {
    const auto append = [this](const std::string& line) {
        curl_slist* longer = curl_slist_append(headers_, line.c_str());
        if (!longer) throw Error("an HTTP request cannot be set up: out of memory");
        headers_ = longer;
    };
    for (const auto& [name, value] : request_.headers) {
        if (is_own_field(name)) continue;
        // libcurl's way to write a field without a value; "Name:" would remove one of its own.
        append(value.empty() ? name + ";" : name + ": " + value);
    }
    // Fields that libcurl adds by itself and Go does not.
    for (const char* name : {"Accept", "Content-Type", "Expect"}) {
        if (!request_.headers.contains(name)) append(std::string(name) + ":");
    }
    if (!request_.headers.contains("User-Agent")) set(CURLOPT_USERAGENT, options_.user_agent.c_str());
    set(CURLOPT_HTTPHEADER, headers_);
}

void CurlTransfer::set_proxy() {
    const auto url = parse_url(request_.url);
    const bool secure = url && url->scheme == "https";
    const auto& proxy = secure ? options_.proxy.https : options_.proxy.http;
    const bool own_machine =
        url && (url->host == "localhost" || url->host == "::1" || url->host.starts_with("127."));
    // An empty text also keeps libcurl from reading the environment by itself.
    set(CURLOPT_PROXY, own_machine ? "" : proxy.c_str());
    set(CURLOPT_NOPROXY, options_.proxy.no_proxy.c_str());
}

std::size_t CurlTransfer::header_received(char* data, std::size_t size, std::size_t count, void* self) {
    const std::string_view line(data, size * count);
    return static_cast<CurlTransfer*>(self)->take_header(line) ? line.size() : 0;
}

bool CurlTransfer::take_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > header_limit) return false;
    // Trailers after a chunked body are of no interest.
    if (body_started_) return true;
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
        line.remove_suffix(1);
    }
    if (line.starts_with("HTTP/")) {
        // A new status line: what came before was an interim answer (100 Continue).
        response_ = {};
        const auto blank = line.find(' ');
        if (blank != std::string_view::npos) {
            std::from_chars(line.data() + blank + 1, line.data() + line.size(), response_.status);
        }
        return true;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    auto value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) {
        value.remove_prefix(1);
    }
    response_.headers.add(std::string(line.substr(0, colon)), std::string(value));
    return true;
}

std::size_t CurlTransfer::body_received(char* data, std::size_t size, std::size_t count, void* self) {
    const std::string_view part(data, size * count);
    return static_cast<CurlTransfer*>(self)->take_body(part) ? part.size() : 0;
}

bool CurlTransfer::take_body(std::string_view data) {
    body_started_ = true;
    const bool redirected =
        request_.follow_redirects && is_redirect() && response_.headers.contains("Location");
    const std::size_t limit = redirected ? redirect_body_limit : request_.max_response_bytes;
    if (data.size() > limit - response_.body.size()) {
        (redirected ? cut_ : too_large_) = true;
        return false;
    }
    response_.body += data;
    return true;
}

bool CurlTransfer::is_redirect() const {
    const unsigned status = response_.status;
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string CurlTransfer::location() const {
    return is_redirect() ? std::string(response_.headers.get("Location")) : "";
}

bool CurlTransfer::is_refused(std::string_view address) const {
    return is_private_address(address) || request_.refused_addresses.contains(canonical_address(address));
}

curl_socket_t CurlTransfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    const std::string numeric = canonical_address(text_of(&address->addr));
    transfer.dialed_ = joined(numeric, port_of(&address->addr));
    if (transfer.request_.restricted && transfer.is_refused(numeric)) {
        transfer.refused_ = numeric;
        return CURL_SOCKET_BAD;
    }
    // Not inherited by the programs that the node starts.
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int CurlTransfer::before_request(void* self, char* peer, char*, int, int) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    // A second time: libcurl's own repetition, because a connection that it had kept died before the first
    // byte of an answer.
    const bool may_have_arrived = transfer.begun_ && info_number(transfer.easy_, CURLINFO_REQUEST_SIZE) > 0;
    transfer.begun_ = true;
    if (may_have_arrived && !transfer.may_be_repeated()) {
        transfer.repetition_refused_ = true;
        return CURL_PREREQFUNC_ABORT;
    }
    // open_socket is not asked about a connection that an unrestricted request left behind.
    if (!transfer.request_.restricted || !transfer.is_refused(peer)) return CURL_PREREQFUNC_OK;
    transfer.refused_ = canonical_address(peer);
    return CURL_PREREQFUNC_ABORT;
}

/// What Go's transport repeats by itself (net/http, Request.isReplayable).
bool CurlTransfer::may_be_repeated() const {
    const auto& method = request_.method;
    return request_.repeatable || method == "GET" || method == "HEAD" || method == "OPTIONS" ||
           method == "TRACE" || request_.headers.contains("Idempotency-Key") ||
           request_.headers.contains("X-Idempotency-Key");
}

ClientResult CurlTransfer::result(CURLcode code) {
    if (code == CURLE_OK || cut_) return std::move(response_);
    return explain(code);
}

std::string CurlTransfer::dial_failure(std::string_view reason) const {
    return "dial tcp " + dialed_ + ": " + std::string(reason);
}

std::string CurlTransfer::broken_connection(std::string_view operation) const {
    const long number = info_number(easy_, CURLINFO_OS_ERRNO);
    const auto peer = joined(info_text(easy_, CURLINFO_PRIMARY_IP),
                             static_cast<std::uint16_t>(info_number(easy_, CURLINFO_PRIMARY_PORT)));
    const auto local = joined(info_text(easy_, CURLINFO_LOCAL_IP),
                              static_cast<std::uint16_t>(info_number(easy_, CURLINFO_LOCAL_PORT)));
    const std::string reason = number != 0 ? system_text(number) : "connection reset by peer";
    const std::string verb(operation);
    return verb + " tcp " + local + "->" + peer + ": " + verb + ": " + reason;
}

ClientError CurlTransfer::explain(CURLcode code) const {
    using Kind = ClientError::Kind;
    if (too_large_) return {Kind::too_large, "http: request body too large"};
    if (repetition_refused_) return {Kind::transport, "EOF"};
    if (!refused_.empty()) return {Kind::refused_address, refused_address_text(refused_)};
    if (header_bytes_ > header_limit) {
        return {Kind::transport, "net/http: server response headers exceeded " +
                                     std::to_string(header_limit) + " bytes; aborted"};
    }
    const std::string detail = message_[0] ? message_.data() : curl_easy_strerror(code);
    const auto url = parse_url(request_.url);
    const long number = info_number(easy_, CURLINFO_OS_ERRNO);
    // Go says the words of the status line only ("Forbidden"), from which nobody sees that a proxy said them.
    const long proxy_status = info_number(easy_, CURLINFO_HTTP_CONNECTCODE);
    if (proxy_status != 0 && proxy_status / 100 != 2) {
        return {Kind::transport, "the proxy does not connect to " + (url ? url->host : "") +
                                     ": status code " + std::to_string(proxy_status)};
    }
    switch (code) {
        case CURLE_URL_MALFORMAT:
            return {Kind::bad_request, "invalid URL: " + detail};
        case CURLE_COULDNT_RESOLVE_HOST:
            return {Kind::transport, "dial tcp: lookup " + (url ? url->host : "") + ": no such host"};
        case CURLE_COULDNT_RESOLVE_PROXY:
            return {Kind::transport, "proxyconnect tcp: dial tcp: lookup of the proxy: no such host"};
        case CURLE_COULDNT_CONNECT:
            return {Kind::transport, dial_failure(number != 0 ? "connect: " + system_text(number) : detail)};
        case CURLE_OPERATION_TIMEDOUT:
            return {Kind::transport, dial_failure("i/o timeout")};
        case CURLE_GOT_NOTHING:
            return {Kind::transport, "EOF"};
        case CURLE_PARTIAL_FILE:
            return {Kind::transport, "unexpected EOF"};
        case CURLE_RECV_ERROR:
            return {Kind::transport, broken_connection("read")};
        case CURLE_SEND_ERROR:
            return {Kind::transport, broken_connection("write")};
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return {Kind::transport,
                    "net/http: HTTP/1.x transport connection broken: malformed HTTP response"};
        case CURLE_PEER_FAILED_VERIFICATION:
            return {Kind::transport, "x509: certificate not accepted: " + detail};
        case CURLE_SSL_CONNECT_ERROR:
            return {Kind::transport, "tls: " + detail};
        default:
            return {Kind::transport, detail};
    }
}

}  // namespace baton::net

#pragma once

// Inside baton/net only: one request, one answer, no redirects.

#include "baton/net/http_client.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

namespace baton::net {

/// Sets a libcurl handle up for one request and collects its answer. Lives at one place while libcurl works
/// on it.
class CurlTransfer {
  public:
    /// Both outlive the transfer.
    CurlTransfer(const ClientRequest& request, const HttpClientOptions& options);
    ~CurlTransfer();
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    CURL* easy() { return easy_; }
    /// The outcome when libcurl ended with `code`.
    ClientResult result(CURLcode code);
    /// Where a 301, 302, 303, 307 or 308 answer points, as written there; "" otherwise.
    std::string location() const;

  private:
    static std::size_t header_received(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t body_received(char* data, std::size_t size, std::size_t count, void* self);
    static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int before_request(void* self, char* peer, char* local, int peer_port, int local_port);

    void set_method_and_body();
    void set_headers();
    void set_proxy();
    bool take_header(std::string_view line);
    bool take_body(std::string_view data);
    bool is_refused(std::string_view address) const;
    bool may_be_repeated() const;
    bool is_redirect() const;
    /// The error in v1.11.0's words.
    ClientError explain(CURLcode code) const;
    std::string dial_failure(std::string_view reason) const;
    std::string broken_connection(std::string_view operation) const;

    template <typename T>
    void set(CURLoption option, T value);

    const ClientRequest& request_;
    const HttpClientOptions& options_;
    CURL* easy_;
    curl_slist* headers_ = nullptr;
    std::array<char, CURL_ERROR_SIZE> message_{};

    ClientResponse response_;
    std::size_t header_bytes_ = 0;
    bool body_started_ = false;
    bool too_large_ = false;
    /// The body of a redirect is of no interest and was cut off.
    bool cut_ = false;
    std::string refused_;
    /// The request was about to be written to a connection.
    bool begun_ = false;
    /// libcurl wanted to send it a second time.
    bool repetition_refused_ = false;
    /// Of the last connection attempt, "127.0.0.1:80".
    std::string dialed_;
};

/// The absolute URL that a reference means on the page `base` (RFC 3986 section 5); "" when it means none.
std::string resolve_url(const std::string& base, const std::string& reference);

/// Nothing when libcurl may send it; otherwise what is wrong, in Go's words.
std::string reject_reason(const ClientRequest& request);

}  // namespace baton::net

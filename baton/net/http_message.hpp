#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::net {

/// ASCII, any case: how header names compare (RFC 9110 section 5.1).
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Header fields in the order in which they are written; names compare ignoring case and keep the case they
/// were given. A plain value.
class Headers {
  public:
    using Field = std::pair<std::string, std::string>;

    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    /// Appends, also when the name is there already (Set-Cookie).
    void add(std::string name, std::string value);
    /// Replaces every field of that name by one.
    void set(std::string name, std::string value);
    void erase(std::string_view name);
    bool contains(std::string_view name) const { return find(name) != nullptr; }
    /// The first value of that name, or nullptr; valid until the headers change.
    const std::string* find(std::string_view name) const;
    /// The first value, or "".
    std::string_view get(std::string_view name) const;
    /// Every value of that name, in order.
    std::vector<std::string> all(std::string_view name) const;

    std::size_t size() const { return fields_.size(); }
    bool empty() const { return fields_.empty(); }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

  private:
    std::vector<Field> fields_;
};

/// A request as the server received it: complete, body included.
struct Request {
    /// As sent: "GET", "POST"; methods are case-sensitive.
    std::string method;
    /// As sent: "/v2/jobs?page=2". Not decoded.
    std::string target;
    /// The part of the target before '?', not percent-decoded; "/v2/jobs".
    std::string path;
    /// The part after the first '?', without it, not decoded; "page=2".
    std::string query;
    Headers headers;
    /// Chunked bodies arrive joined.
    std::string body;
    /// Numeric address of the peer of the connection, "127.0.0.1" or "::1"; IPv4 mapped into IPv6 is written
    /// as IPv4.
    std::string remote_address;
    std::uint16_t remote_port = 0;
    bool over_tls = false;
};

/// An answer. The server adds Date, Content-Length and Connection, and sends no body to HEAD, 1xx, 204 and
/// 304.
struct Response {
    unsigned status = 200;
    Headers headers;
    std::string body;
    /// Ends the connection after this answer ("Connection: close").
    bool close = false;
};

/// "OK" for 200 and so on; "Status <n>" for unknown numbers.
std::string reason_phrase(unsigned status);

/// Bytes of a percent-encoded text; '+' stays '+' unless `plus_is_blank` (query strings). Nothing when an
/// escape is broken.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);
/// name=value pairs of a query string in order, decoded; pairs with broken escapes are left out, as Go does.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace baton::net

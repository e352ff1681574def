#include "baton/pg/url.hpp"

#include "baton/base/error.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

namespace baton::pg {

namespace {

[[noreturn]] void malformed(const std::string& what) {
    throw InvalidInput("malformed database URL: " + what +
                       "; expected postgresql://user:password@host:port/database?key=value");
}

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

/// `part` names the piece in errors; its text is not shown, because it may be or hold the password.
std::string percent_decoded(std::string_view text, const std::string& part, bool plus_is_space = false) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            decoded.push_back(' ');
        } else if (text[i] != '%') {
            decoded.push_back(text[i]);
        } else {
            const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
            const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
            if (!high || !low) malformed("a % in the " + part + " is not followed by two hex digits");
            const char byte = static_cast<char>(*high * 16 + *low);
            if (byte == '\0') malformed("the " + part + " contains %00");
            decoded.push_back(byte);
            i += 2;
        }
    }
    return decoded;
}

/// Text up to the first of `separators` (all of it if there is none); `rest` keeps the separator and what
/// follows.
std::string_view take_until(std::string_view& rest, std::string_view separators) {
    const auto end = std::min(rest.find_first_of(separators), rest.size());
    const auto taken = rest.substr(0, end);
    rest.remove_prefix(end);
    return taken;
}

void check_port(std::string_view port) {
    int number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || end != port.data() + port.size() || number < 1 || number > 65535) {
        malformed("a port is not a number from 1 to 65535");
    }
}

struct HostPort {
    std::string host;
    std::string port;
};

HostPort parse_host(std::string_view text) {
    HostPort result;
    std::string_view rest = text;
    if (rest.starts_with('[')) {
        const auto close = rest.find(']');
        if (close == std::string_view::npos) malformed("an IPv6 address lacks its closing bracket");
        result.host = std::string(rest.substr(1, close - 1));
        rest.remove_prefix(close + 1);
    } else {
        result.host = percent_decoded(take_until(rest, ":"), "host");
        if (result.host.find(',') != std::string::npos) malformed("a host contains a comma");
    }
    if (rest.empty()) return result;
    if (!rest.starts_with(':')) malformed("a host is followed by something that is no port");
    result.port = std::string(rest.substr(1));
    if (!result.port.empty()) check_port(result.port);
    return result;
}

/// libpq takes lists of the same length, with empty items for "the default".
void parse_hosts(std::string_view text, DatabaseUrl& url) {
    if (text.empty()) return;
    std::string hosts;
    std::string ports;
    bool any_port = false;
    while (true) {
        const auto item = parse_host(take_until(text, ","));
        hosts += item.host;
        ports += item.port;
        any_port = any_port || !item.port.empty();
        if (text.empty()) break;
        text.remove_prefix(1);
        hosts += ',';
        ports += ',';
    }
    if (hosts.find_first_not_of(',') != std::string::npos) url.libpq["host"] = hosts;
    if (any_port) url.libpq["port"] = ports;
}

void parse_user(std::string_view text, DatabaseUrl& url) {
    const auto user = take_until(text, ":");
    if (!user.empty()) url.libpq["user"] = percent_decoded(user, "user name");
    if (!text.empty()) url.libpq["password"] = percent_decoded(text.substr(1), "password");
}

std::set<std::string> keywords_of_libpq() {
    std::set<std::string> keywords;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconndefaults(),
                                                                               PQconninfoFree);
    for (const auto* option = options.get(); option && option->keyword; ++option) {
        keywords.insert(option->keyword);
    }
    return keywords;
}

/// As v1.11.0 reads it: "+" is a space, the first of several values for one key counts. A key of the query
/// stands above the same thing before it (a host, say), as in libpq.
void parse_query(std::string_view text, DatabaseUrl& url) {
    const auto keywords = keywords_of_libpq();
    std::set<std::string> seen;
    while (!text.empty()) {
        auto pair = take_until(text, "&");
        if (!text.empty()) text.remove_prefix(1);
        if (pair.empty()) continue;
        const auto key = percent_decoded(take_until(pair, "="), "query", true);
        if (key.empty()) malformed("a query key is empty");
        const auto value = pair.empty() ? std::string() : percent_decoded(pair.substr(1), "query", true);
        if (!seen.insert(key).second) continue;
        (keywords.count(key) ? url.libpq : url.runtime)[key] = value;
    }
}

std::string value_or_empty(const std::map<std::string, std::string>& values, const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
}

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> items(1);
    for (const char c : list) {
        if (c == ',') {
            items.emplace_back();
        } else {
            items.back().push_back(c);
        }
    }
    return items;
}

}  // namespace

DatabaseUrl DatabaseUrl::parse(const Secret& secret) {
    DatabaseUrl url;
    std::string_view text = secret.reveal();
    if (text.empty()) return url;
    for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
        if (!text.starts_with(scheme)) continue;
        text.remove_prefix(scheme.size());
        text = take_until(text, "#");
        std::string_view authority = take_until(text, "/?");
        // The last one, so that an unescaped @ in the password does no harm.
        if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
            parse_user(authority.substr(0, at), url);
            authority.remove_prefix(at + 1);
        }
        parse_hosts(authority, url);
        if (text.starts_with('/')) {
            const auto path = take_until(text, "?").substr(1);
            if (!path.empty()) url.libpq["dbname"] = percent_decoded(path, "database name");
        }
        if (text.starts_with('?')) parse_query(text.substr(1), url);
        return url;
    }
    malformed("it does not start with postgresql:// or postgres://");
}

std::string DatabaseUrl::redacted() const {
    std::string text = "postgresql://" + value_or_empty(libpq, "user");
    if (!password().empty()) text += ":xxxxx";
    if (text.back() != '/') text += '@';
    const auto hosts = split(value_or_empty(libpq, "host"));
    const auto ports = split(value_or_empty(libpq, "port"));
    for (std::size_t i = 0; i < std::max(hosts.size(), ports.size()); ++i) {
        if (i > 0) text += ',';
        if (i < hosts.size()) text += hosts[i];
        const auto& port = i < ports.size() ? ports[i] : ports.back();
        if (!port.empty()) text += ":" + port;
    }
    return text + "/" + value_or_empty(libpq, "dbname");
}

std::string DatabaseUrl::password() const {
    return value_or_empty(libpq, "password");
}

}  // namespace baton::pg

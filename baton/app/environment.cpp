#include "baton/app/environment.hpp"

#include "baton/base/clock.hpp"
#include "baton/base/decimal.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace baton::app {

namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

struct Unit {
    std::string_view name;
    int exponent;
};

/// "<number>[ ]<unit>" as an integer of the smallest unit; nothing unless it comes out whole.
std::optional<BigInt> parse_amount(std::string_view text, std::span<const Unit> units, int bare_exponent) {
    text = trim(text);
    const auto digits =
        std::find_if(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
    const auto number = trim(text.substr(0, static_cast<std::size_t>(digits - text.begin())));
    const auto unit = lowered(trim(text.substr(static_cast<std::size_t>(digits - text.begin()))));
    int exponent = bare_exponent;
    if (!unit.empty()) {
        const auto found =
            std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.name == unit; });
        if (found == units.end()) return std::nullopt;
        exponent = found->exponent;
    }
    const auto parsed = Decimal::parse(number);
    const auto* decimal = std::get_if<Decimal>(&parsed);
    if (!decimal) return std::nullopt;
    const Decimal scaled = *decimal * Decimal(1, exponent);
    if (!scaled.is_integer() || scaled.is_negative()) return std::nullopt;
    return scaled.truncate();
}

constexpr Unit wei_units[] = {{"wei", 0},    {"kwei", 3},    {"mwei", 6},  {"gwei", 9},
                              {"micro", 12}, {"milli", 15},  {"eth", 18},  {"ether", 18},
                              {"keth", 21},  {"kether", 21}, {"meth", 24}, {"mether", 24},
                              {"geth", 27},  {"gether", 27}, {"teth", 30}, {"tether", 30}};
constexpr Unit link_units[] = {{"juels", 0}, {"link", 18}};
constexpr Unit size_units[] = {{"b", 0}, {"kb", 3}, {"mb", 6}, {"gb", 9}, {"tb", 12}};

}  // namespace

BadSetting::BadSetting(std::string_view name, std::string_view value, std::string_view expected)
    : InvalidInput("config validation failed: " + std::string(name) + "=\"" + std::string(value) +
                   "\": expected " + std::string(expected)) {}

std::string lowered(std::string_view text) {
    std::string low(text);
    std::transform(low.begin(), low.end(), low.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return low;
}

std::optional<BigInt> parse_wei(std::string_view text) {
    return parse_amount(text, wei_units, 0);
}
std::optional<BigInt> parse_link(std::string_view text) {
    return parse_amount(text, link_units, 0);
}
std::optional<std::uint64_t> parse_size(std::string_view text) {
    const auto amount = parse_amount(text, size_units, 0);
    if (!amount || *amount > std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
    return static_cast<std::uint64_t>(*amount);
}

Environment Environment::process() {
    return Environment([](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (!value) return std::nullopt;
        return std::string(value);
    });
}

std::optional<std::string> Environment::text(const std::string& name) const {
    auto value = lookup_(name);
    if (value && value->empty()) return std::nullopt;
    return value;
}

std::string Environment::text(const std::string& name, std::string fallback) const {
    return text(name).value_or(std::move(fallback));
}

bool Environment::boolean(const std::string& name, bool fallback) const {
    const auto value = text(name);
    if (!value) return fallback;
    const auto low = lowered(*value);
    if (low == "true" || low == "t" || low == "1") return true;
    if (low == "false" || low == "f" || low == "0") return false;
    throw BadSetting(name, *value, "true or false");
}

std::int64_t Environment::integer(const std::string& name, std::int64_t fallback, std::int64_t least,
                                  std::int64_t most) const {
    const auto value = text(name);
    if (!value) return fallback;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc() || end != value->data() + value->size() || number < least || number > most) {
        throw BadSetting(name, *value,
                         "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return number;
}

std::uint32_t Environment::uint32(const std::string& name, std::uint32_t fallback) const {
    return static_cast<std::uint32_t>(integer(name, fallback, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::uint16_t Environment::port(const std::string& name, std::uint16_t fallback) const {
    return static_cast<std::uint16_t>(integer(name, fallback, 0, std::numeric_limits<std::uint16_t>::max()));
}

std::chrono::nanoseconds Environment::duration(const std::string& name,
                                               std::chrono::nanoseconds fallback) const {
    const auto value = text(name);
    if (!value) return fallback;
    std::optional<std::chrono::nanoseconds> parsed;
    try {
        parsed = parse_go_duration(*value);
    } catch (const InvalidInput&) {
        throw BadSetting(name, *value, "a duration such as 300ms, 10s or 1m30s");
    }
    if (parsed->count() < 0) throw BadSetting(name, *value, "a duration that is not negative");
    return *parsed;
}

std::chrono::milliseconds Environment::milliseconds(const std::string& name,
                                                    std::chrono::milliseconds fallback) const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration(name, fallback));
}

std::uint64_t Environment::size(const std::string& name, std::uint64_t fallback) const {
    const auto value = text(name);
    if (!value) return fallback;
    const auto parsed = parse_size(*value);
    if (!parsed) throw BadSetting(name, *value, "a size such as 5120mb, 4gb or a number of bytes");
    return *parsed;
}

BigInt Environment::wei(const std::string& name, BigInt fallback) const {
    const auto value = text(name);
    if (!value) return fallback;
    auto parsed = parse_wei(*value);
    if (!parsed) throw BadSetting(name, *value, "an amount such as 20gwei or a number of wei");
    return *std::move(parsed);
}

BigInt Environment::link(const std::string& name, BigInt fallback) const {
    const auto value = text(name);
    if (!value) return fallback;
    auto parsed = parse_link(*value);
    if (!parsed) throw BadSetting(name, *value, "a number of juels or an amount such as \"0.1 link\"");
    return *std::move(parsed);
}

std::optional<BigInt> Environment::big(const std::string& name) const {
    const auto value = text(name);
    if (!value) return std::nullopt;
    auto parsed = parse_decimal_integer(*value);
    if (!parsed || *parsed < 0) throw BadSetting(name, *value, "a decimal integer");
    return parsed;
}

std::optional<Address> Environment::address(const std::string& name) const {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto parsed = parse_address(*value);
    if (!parsed) throw BadSetting(name, *value, "an address: 0x and 40 hex digits");
    return parsed;
}

double Environment::fraction(const std::string& name, double fallback) const {
    const auto value = text(name);
    if (!value) return fallback;
    double number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc() || end != value->data() + value->size() || !(number > 0) ||
        !std::isfinite(number))
        throw BadSetting(name, *value, "a number above 0 such as 1.1");
    return number;
}

namespace {

std::string join(const std::vector<std::string>& words) {
    std::string joined;
    for (const auto& word : words)
        joined += (joined.empty() ? "" : " or ") + word + "://";
    return joined;
}

/// "user:password@host:8546" in parts, without what is before the last @.
struct Authority {
    std::string_view host;
    /// With its colon; empty when there is none.
    std::string_view port;
};

Authority split_authority(std::string_view text) {
    if (const auto at = text.rfind('@'); at != std::string_view::npos) text = text.substr(at + 1);
    // In brackets an IPv6 address, which has colons of its own.
    const auto from = text.starts_with('[') ? text.find(']') : 0;
    const auto colon = from == std::string_view::npos ? from : text.find(':', from);
    if (colon == std::string_view::npos) return {text, {}};
    return {text.substr(0, colon), text.substr(colon)};
}

bool is_port(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65535;
}

bool is_host(std::string_view text) {
    if (!text.starts_with('['))
        return !text.empty() && text.find_first_of("[]<>\"\\^`{|}") == std::string_view::npos;
    if (!text.ends_with(']')) return false;
    const std::string address(text.substr(1, text.size() - 2));
    in6_addr parsed{};
    return inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &parsed) == 1;
}

/// What may be shown of a URL in an error: it can carry credentials or an API key in its path. An @ behind
/// the host leaves open what is password and what is path: then nothing is shown.
std::string redacted(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return "(not shown: not a url)";
    const auto rest = url.substr(scheme + 3);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string start(url.substr(0, scheme + 3));
    if (rest.find('@', end) != std::string_view::npos) return start + "...";
    const auto [host, port] = split_authority(rest.substr(0, end));
    const bool port_is_number = port.size() > 1 && port.find_first_not_of(":0123456789") == port.npos;
    return start + std::string(host) + (port_is_number ? std::string(port) : "") + "/...";
}

bool is_url(std::string_view url, const std::vector<std::string>& schemes) {
    if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
        return false;
    return std::any_of(schemes.begin(), schemes.end(), [&](const std::string& scheme) {
        const auto start = scheme + "://";
        if (!url.starts_with(start)) return false;
        const auto rest = url.substr(start.size());
        const auto [host, port] = split_authority(rest.substr(0, rest.find_first_of("/?#")));
        return is_host(host) && (port.size() <= 1 || is_port(port.substr(1)));
    });
}

}  // namespace

std::optional<std::string> Environment::url(const std::string& name,
                                            const std::vector<std::string>& schemes) const {
    auto value = text(name);
    if (!value) return std::nullopt;
    if (!is_url(*value, schemes))
        throw BadSetting(name, redacted(*value),
                         "a URL with host and valid port that starts with " + join(schemes));
    return value;
}

std::vector<std::string> Environment::url_list(const std::string& name,
                                               const std::vector<std::string>& schemes) const {
    std::vector<std::string> urls;
    const auto value = text(name);
    if (!value) return urls;
    std::string_view rest = *value;
    while (!rest.empty()) {
        const auto end = rest.find_first_of(",;");
        const auto one = trim(rest.substr(0, end));
        if (!is_url(one, schemes))
            throw BadSetting(name, redacted(one),
                             "URLs with host and valid port that start with " + join(schemes));
        urls.emplace_back(one);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return urls;
}

}  // namespace baton::app

#include "baton/crypto/session_cookie.hpp"

#include "baton/base/base64.hpp"
#include "baton/base/big_int.hpp"
#include "baton/crypto/gob_text_map.hpp"
#include "baton/crypto/sha.hpp"

namespace baton::crypto {

namespace {

constexpr std::string_view id_member = "clsession_id";
constexpr std::size_t longest_value = 4096;

std::int64_t unix_seconds(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

/// Over name, time and payload, so that neither can be exchanged.
Hash mac_of(const Secret& key, std::string_view seconds, std::string_view payload) {
    std::string message(session_cookie_name);
    message.append("|").append(seconds).append("|").append(payload);
    return hmac_sha256(key.reveal_bytes(), as_bytes(message));
}

}  // namespace

std::string make_session_cookie(const Secret& key, std::string_view session_id, WallTime now) {
    const std::string seconds = std::to_string(unix_seconds(now));
    const Bytes gob = encode_gob_text_map({{std::string(id_member), std::string(session_id)}});
    const std::string payload = to_base64(gob, Base64Alphabet::url);
    std::string value = seconds + "|" + payload + "|";
    value += as_text(mac_of(key, seconds, payload).view());
    return to_base64(as_bytes(value), Base64Alphabet::url);
}

std::optional<std::string> read_session_cookie(const Secret& key, std::string_view value, WallTime now) {
    if (value.size() > longest_value) return std::nullopt;
    const auto decoded = from_base64(value, Base64Alphabet::url);
    if (!decoded) return std::nullopt;
    const std::string_view text = as_text(*decoded);
    const auto first = text.find('|');
    const auto second = first == std::string_view::npos ? first : text.find('|', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const std::string_view seconds = text.substr(0, first);
    const std::string_view payload = text.substr(first + 1, second - first - 1);
    const Hash mac = mac_of(key, seconds, payload);
    if (!equal_constant_time(mac.view(), as_bytes(text.substr(second + 1)))) return std::nullopt;

    const auto made = parse_decimal_integer(seconds);
    if (!made || *made < unix_seconds(now) - session_cookie_age.count()) return std::nullopt;
    const auto gob = from_base64(payload, Base64Alphabet::url);
    if (!gob) return std::nullopt;
    const auto pairs = decode_gob_text_map(*gob);
    if (!pairs) return std::nullopt;
    const auto id = pairs->find(std::string(id_member));
    if (id == pairs->end()) return std::nullopt;
    return id->second;
}

}  // namespace baton::crypto

#include "baton/app/cookie_key.hpp"

#include "baton/base/error.hpp"
#include "baton/crypto/sha.hpp"

namespace baton::app {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 16;

/// HMAC with the CSA key over a label and the nonce: one use per label and nonce.
Hash derive(const keys::KeyRing& ring, std::string_view label, BytesView message) {
    const auto& csa = ring.raw(keys::KeyClass::csa);
    if (csa.empty()) throw Error("the key ring has no CSA key to seal the cookie key with");
    Bytes text = to_bytes(label);
    text.insert(text.end(), message.begin(), message.end());
    return crypto::hmac_sha256(csa.front().reveal_bytes(), text);
}

Bytes apply_pad(BytesView text, const Hash& pad) {
    Bytes out(text.begin(), text.end());
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] ^= pad.bytes[i];
    return out;
}

Hash mac_of(const keys::KeyRing& ring, BytesView nonce, BytesView ciphertext) {
    Bytes message(nonce.begin(), nonce.end());
    message.insert(message.end(), ciphertext.begin(), ciphertext.end());
    return derive(ring, "baton cookie key: authenticate", message);
}

}  // namespace

std::string seal_cookie_key(const Secret& key, const keys::KeyRing& ring, Random& random) {
    if (key.reveal_bytes().size() != key_bytes) throw Error("a cookie key has 32 bytes");
    const auto nonce = random.bytes(nonce_bytes);
    const auto ciphertext = apply_pad(key.reveal_bytes(), derive(ring, "baton cookie key: encrypt", nonce));
    return "1:" + to_hex(nonce) + ":" + to_hex(ciphertext) + ":" +
           to_hex(mac_of(ring, nonce, ciphertext).view());
}

std::optional<Secret> unseal_cookie_key(const std::string& sealed, const keys::KeyRing& ring) {
    if (!sealed.starts_with("1:") || ring.raw(keys::KeyClass::csa).empty()) return std::nullopt;
    const auto first = sealed.find(':', 2);
    const auto second = first == std::string::npos ? first : sealed.find(':', first + 1);
    if (second == std::string::npos) return std::nullopt;
    const auto nonce = from_hex(std::string_view(sealed).substr(2, first - 2));
    const auto ciphertext = from_hex(std::string_view(sealed).substr(first + 1, second - first - 1));
    const auto mac = from_hex(std::string_view(sealed).substr(second + 1));
    if (!nonce || nonce->size() != nonce_bytes || !ciphertext || ciphertext->size() != key_bytes || !mac)
        return std::nullopt;
    if (!equal_constant_time(*mac, mac_of(ring, *nonce, *ciphertext).view())) return std::nullopt;
    const auto key = apply_pad(*ciphertext, derive(ring, "baton cookie key: encrypt", *nonce));
    return Secret(BytesView(key));
}

}  // namespace baton::app

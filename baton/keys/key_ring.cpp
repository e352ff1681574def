#include "baton/keys/key_ring.hpp"

#include "baton/base/base64.hpp"
#include "baton/base/error.hpp"
#include "baton/crypto/curve25519.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/crypto/secp256k1.hpp"
#include "baton/keys/key_identity.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace baton::keys {

namespace {

constexpr std::array<std::string_view, key_class_count> members = {
    "Eth", "CSA", "OCR", "OCR2", "P2P", "Solana", "Terra", "StarkNet", "VRF", "DKGSign", "DKGEncrypt"};

/// {"Member":["base64",...]|null,...}, the only form that a ring's plaintext has. A reader of its own,
/// because a general one would leave keys behind in memory that nobody wipes.
class PlaintextReader {
  public:
    explicit PlaintextReader(std::string_view text) : rest_(text) {}

    std::vector<std::pair<std::string, std::vector<Secret>>> read() {
        std::vector<std::pair<std::string, std::vector<Secret>>> found;
        expect('{');
        if (!accept('}')) {
            do {
                std::string name(text());
                expect(':');
                found.emplace_back(std::move(name), list());
            } while (accept(','));
            expect('}');
        }
        skip_space();
        if (!rest_.empty()) malformed();
        return found;
    }

  private:
    [[noreturn]] static void malformed() { throw InvalidInput("the decrypted key ring is malformed"); }

    void skip_space() {
        const auto first = rest_.find_first_not_of(" \t\r\n");
        rest_.remove_prefix(std::min(first, rest_.size()));
    }

    bool accept(char c) {
        skip_space();
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(char c) {
        if (!accept(c)) malformed();
    }

    /// Names and base64 need no escapes, except that some writers escape the slash.
    std::string_view text() {
        expect('"');
        const auto end = rest_.find('"');
        if (end == std::string_view::npos) malformed();
        const auto found = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return found;
    }

    Secret key() {
        std::string unescaped(text());
        std::erase(unescaped, '\\');
        auto bytes = from_base64(unescaped);
        wipe(unescaped);
        if (!bytes) malformed();
        Secret raw{BytesView(*bytes)};
        wipe(*bytes);
        return raw;
    }

    std::vector<Secret> list() {
        std::vector<Secret> keys;
        skip_space();
        if (rest_.starts_with("null")) {
            rest_.remove_prefix(4);
            return keys;
        }
        expect('[');
        if (accept(']')) return keys;
        do {
            keys.push_back(key());
        } while (accept(','));
        expect(']');
        return keys;
    }

    std::string_view rest_;
};

/// Length of the serialised text, so that it never moves in memory while it grows.
std::size_t serialised_size(std::string_view member, const std::vector<Secret>& keys) {
    std::size_t size = member.size() + 8;
    for (const auto& key : keys)
        size += (key.reveal().size() + 2) / 3 * 4 + 3;
    return size;
}

void append_member(std::string& out, std::string_view member, const std::vector<Secret>& keys) {
    out += out.empty() ? '{' : ',';
    out.append("\"").append(member).append("\":");
    if (keys.empty()) {
        out += "null";
        return;
    }
    char before = '[';
    for (const auto& key : keys) {
        std::string text = to_base64(key.reveal_bytes());
        out += before;
        out.append("\"").append(text).append("\"");
        wipe(text);
        before = ',';
    }
    out += ']';
}

std::string add_and_name(KeyRing& ring, KeyClass key_class, Secret raw) {
    const auto identity = identify(key_class, raw);
    if (!identity) throw std::logic_error("a new key does not have the form of its class");
    ring.add(key_class, std::move(raw));
    return identity->id;
}

/// prefix, seed, public key
Secret ed25519_private_key(Random& random, std::string_view prefix) {
    Bytes seed = random.bytes(32);
    const auto public_key = crypto::ed25519_public_key(seed);
    std::string raw(prefix);
    raw.reserve(prefix.size() + 64);
    raw.append(as_text(seed)).append(as_text(public_key.view()));
    wipe(seed);
    return Secret(std::move(raw));
}

}  // namespace

std::string_view ring_member(KeyClass key_class) {
    return members[static_cast<std::size_t>(key_class)];
}

KeyRing KeyRing::parse(const Secret& plaintext) {
    KeyRing ring;
    for (auto& [member, keys] : PlaintextReader(plaintext.reveal()).read()) {
        const auto known = std::ranges::find(members, member);
        if (known == members.end()) {
            ring.unknown_.push_back({std::move(member), std::move(keys)});
        } else {
            ring.keys_[static_cast<std::size_t>(known - members.begin())] = std::move(keys);
        }
    }
    return ring;
}

Secret KeyRing::serialise() const {
    std::size_t size = 2;
    for (std::size_t i = 0; i < key_class_count; ++i)
        size += serialised_size(members[i], keys_[i]);
    for (const auto& other : unknown_)
        size += serialised_size(other.member, other.keys);
    std::string text;
    text.reserve(size);
    for (std::size_t i = 0; i < key_class_count; ++i)
        append_member(text, members[i], keys_[i]);
    for (const auto& other : unknown_)
        append_member(text, other.member, other.keys);
    text += '}';
    return Secret(std::move(text));
}

bool KeyRing::empty() const {
    return std::ranges::all_of(keys_, [](const auto& keys) { return keys.empty(); }) && unknown_.empty();
}

const std::vector<Secret>& KeyRing::raw(KeyClass key_class) const {
    return keys_[static_cast<std::size_t>(key_class)];
}

void KeyRing::add(KeyClass key_class, Secret raw) {
    keys_[static_cast<std::size_t>(key_class)].push_back(std::move(raw));
}

std::string create_eth_key(KeyRing& ring, Random& random) {
    return add_and_name(ring, KeyClass::eth, crypto::PrivateKey::random(random).stripped());
}

std::string create_csa_key(KeyRing& ring, Random& random) {
    if (!ring.raw(KeyClass::csa).empty()) throw InvalidInput("can only have 1 CSA key");
    return add_and_name(ring, KeyClass::csa, ed25519_private_key(random, ""));
}

std::string create_p2p_key(KeyRing& ring, Random& random) {
    // The libp2p protobuf of a private key: type Ed25519, 64 bytes.
    return add_and_name(ring, KeyClass::p2p,
                        ed25519_private_key(random, std::string_view("\x08\x01\x12\x40", 4)));
}

}  // namespace baton::keys

#include "baton/keys/key_ring_file.hpp"

#include "baton/base/error.hpp"
#include "baton/codec/json.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace baton::keys {

namespace {

const std::string password_prefix = "master-password-";

Secret ring_password(const Secret& password) {
    std::string text;
    text.reserve(password_prefix.size() + password.reveal().size());
    text.append(password_prefix).append(password.reveal());
    return Secret(std::move(text));
}

[[noreturn]] void refuse(std::string_view member, const char* why) {
    throw InvalidInput("malformed encrypted key: \"" + std::string(member) + "\" " + why);
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

const codec::Value& any_case_member(const codec::Value& object, std::string_view name) {
    if (const auto* exact = codec::member(object, name)) return *exact;
    if (const auto* map = object.map_or_null()) {
        for (const auto& [key, value] : *map) {
            if (same_name(key, name)) return value;
        }
    }
    refuse(name, "is missing");
}

std::string text_member(const codec::Value& object, std::string_view name) {
    const auto* text = any_case_member(object, name).text_or_null();
    if (!text) refuse(name, "is no text");
    return *text;
}

Bytes hex_member(const codec::Value& object, std::string_view name) {
    auto bytes = from_hex(text_member(object, name));
    if (!bytes) refuse(name, "is no hex");
    return std::move(*bytes);
}

template <typename Unsigned>
Unsigned number_member(const codec::Value& object, std::string_view name) {
    const auto number = codec::to_big_int(any_case_member(object, name));
    if (!number || *number < 0 || *number > std::numeric_limits<Unsigned>::max())
        refuse(name, "is out of range");
    return static_cast<Unsigned>(*number);
}

crypto::ScryptParameters parse_scrypt(const codec::Value& parameters) {
    return {.n = number_member<std::uint64_t>(parameters, "n"),
            .r = number_member<std::uint32_t>(parameters, "r"),
            .p = number_member<std::uint32_t>(parameters, "p"),
            .dklen = number_member<std::uint32_t>(parameters, "dklen"),
            .salt = hex_member(parameters, "salt")};
}

crypto::Pbkdf2Parameters parse_pbkdf2(const codec::Value& parameters) {
    return {.c = number_member<std::uint32_t>(parameters, "c"),
            .prf = text_member(parameters, "prf"),
            .dklen = number_member<std::uint32_t>(parameters, "dklen"),
            .salt = hex_member(parameters, "salt")};
}

/// Members in the order in which the reference node writes them.
codec::Value ordered(std::vector<std::pair<std::string, codec::Value>> members) {
    return codec::Value(std::make_shared<codec::Tuple>(codec::Tuple{std::move(members)}));
}

codec::Value write_parameters(const crypto::ScryptParameters& scrypt) {
    return ordered({{"dklen", std::int64_t{scrypt.dklen}},
                    {"n", scrypt.n},
                    {"p", std::int64_t{scrypt.p}},
                    {"r", std::int64_t{scrypt.r}},
                    {"salt", to_hex(scrypt.salt)}});
}

codec::Value write_parameters(const crypto::Pbkdf2Parameters& pbkdf2) {
    return ordered({{"c", std::int64_t{pbkdf2.c}},
                    {"dklen", std::int64_t{pbkdf2.dklen}},
                    {"prf", pbkdf2.prf},
                    {"salt", to_hex(pbkdf2.salt)}});
}

codec::Value write_parameters(const crypto::UnknownKdf&) {
    return ordered({});
}

std::string kdf_name(const crypto::Web3Crypto& object) {
    if (std::holds_alternative<crypto::ScryptParameters>(object.kdf)) return "scrypt";
    if (std::holds_alternative<crypto::Pbkdf2Parameters>(object.kdf)) return "pbkdf2";
    return std::get<crypto::UnknownKdf>(object.kdf).name;
}

}  // namespace

crypto::Web3Crypto parse_web3_crypto(std::string_view json) {
    const codec::Value document = codec::read_json(json);
    crypto::Web3Crypto object;
    object.cipher = text_member(document, "cipher");
    object.ciphertext = hex_member(document, "ciphertext");
    object.iv = hex_member(any_case_member(document, "cipherparams"), "iv");
    object.mac = hex_member(document, "mac");
    const std::string kdf = text_member(document, "kdf");
    const codec::Value& parameters = any_case_member(document, "kdfparams");
    if (kdf == "scrypt") {
        object.kdf = parse_scrypt(parameters);
    } else if (kdf == "pbkdf2") {
        object.kdf = parse_pbkdf2(parameters);
    } else {
        object.kdf = crypto::UnknownKdf{kdf};
    }
    return object;
}

std::string write_web3_crypto(const crypto::Web3Crypto& object) {
    return codec::write_json(
        ordered({{"cipher", object.cipher},
                 {"ciphertext", to_hex(object.ciphertext)},
                 {"cipherparams", ordered({{"iv", to_hex(object.iv)}})},
                 {"kdf", kdf_name(object)},
                 {"kdfparams", std::visit([](const auto& kdf) { return write_parameters(kdf); }, object.kdf)},
                 {"mac", to_hex(object.mac)}}));
}

std::string encrypt_key_ring(const KeyRing& ring, const Secret& password, crypto::ScryptCost cost,
                             Random& random) {
    const Secret plaintext = ring.serialise();
    return write_web3_crypto(
        crypto::web3_encrypt(plaintext.reveal_bytes(), ring_password(password), cost, random));
}

KeyRing decrypt_key_ring(std::string_view json, const Secret& password) {
    try {
        return KeyRing::parse(crypto::web3_decrypt(parse_web3_crypto(json), ring_password(password)));
    } catch (const InvalidInput& refused) {
        throw InvalidInput(std::string("unable to decrypt encrypted key ring: ") + refused.what());
    }
}

}  // namespace baton::keys

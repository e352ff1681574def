#include "baton/keys/key_identity.hpp"

#include "baton/base/base64.hpp"
#include "baton/codec/json.hpp"
#include "baton/crypto/base58.hpp"
#include "baton/crypto/curve25519.hpp"
#include "baton/crypto/eip55.hpp"
#include "baton/crypto/foreign_keys.hpp"
#include "baton/crypto/keccak.hpp"
#include "baton/crypto/secp256k1.hpp"
#include "baton/crypto/sha.hpp"
#include "baton/crypto/vrf.hpp"

#include <stdexcept>

namespace baton::keys {

namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

/// The raw bytes do not have the form of their class.
class Unreadable : public Error {
  public:
    Unreadable() : Error("unreadable key") {}
};

void require(bool condition) {
    if (!condition) throw Unreadable();
}

crypto::PrivateKey secp256k1_key(BytesView scalar) {
    auto key = crypto::PrivateKey::from_scalar(scalar);
    require(key.has_value());
    return *key;
}

/// From a member in base64; wiped when destroyed.
Secret secret_member(const codec::Value& object, std::string_view name) {
    const auto* member = codec::member(object, name);
    const auto* text = member ? member->text_or_null() : nullptr;
    auto bytes = text ? from_base64(*text) : std::nullopt;
    require(bytes.has_value());
    Secret secret{BytesView(*bytes)};
    wipe(*bytes);
    return secret;
}

KeyIdentity identify_eth(BytesView raw) {
    return {KeyClass::eth, crypto::to_checksum(secp256k1_key(raw).address()), {}};
}

/// seed, then public key
std::string public_half(BytesView private_key) {
    require(private_key.size() == 64);
    return to_hex(private_key.last(32));
}

KeyIdentity identify_csa(BytesView raw) {
    const std::string id = public_half(raw);
    return {KeyClass::csa, id, {{"publicKey", id}}};
}

Secret scalar_list(const codec::Value& object, std::string_view name) {
    const auto* member = codec::member(object, name);
    const auto* list = member ? member->list_or_null() : nullptr;
    require(list && list->size() == 32);
    std::string bytes;
    bytes.reserve(32);
    for (const auto& element : *list) {
        const auto byte = codec::to_int64(element);
        require(byte && *byte >= 0 && *byte < 256);
        bytes.push_back(static_cast<char>(*byte));
    }
    return Secret(std::move(bytes));
}

KeyIdentity identify_ocr(BytesView raw) {
    const codec::Value bundle = codec::read_json(as_text(raw));
    const auto* scalar = codec::member(bundle, "EcdsaD");
    const auto number = scalar ? codec::to_big_int(*scalar) : std::nullopt;
    require(number && *number > 0);
    Bytes digits = to_big_endian(*number);
    const auto signer = crypto::PrivateKey::from_scalar(digits);
    wipe(digits);
    require(signer.has_value());
    const Secret off_chain = secret_member(bundle, "Ed25519PrivKey");
    const Secret encryption = scalar_list(bundle, "OffChainEncryption");
    return {KeyClass::ocr,
            to_hex(crypto::sha256(raw).view()),
            {{"onChainSigningAddress", "ocrsad_" + crypto::to_checksum(signer->address())},
             {"offChainPublicKey", "ocroff_" + public_half(off_chain.reveal_bytes())},
             {"configPublicKey",
              "ocrcfg_" + to_hex(crypto::x25519_public_key(encryption.reveal_bytes()).view())}}};
}

std::string ocr2_on_chain_key(const std::string& chain, BytesView keyring) {
    require(keyring.size() == 32);
    if (chain == "evm" || chain == "solana") return to_hex(secp256k1_key(keyring).address().view());
    if (chain == "terra") return to_hex(crypto::ed25519_public_key(keyring).view());
    require(chain == "starknet");
    return to_hex(crypto::stark_key(keyring).view());
}

/// Older releases named the member after the chain.
Secret ocr2_keyring(const codec::Value& bundle) {
    for (const char* name : {"Keyring", "EVMKeyring", "SolanaKeyring", "TerraKeyring"}) {
        if (!codec::string_or(bundle, name).empty()) return secret_member(bundle, name);
    }
    throw Unreadable();
}

std::string ocr2_id(const codec::Value& bundle, BytesView raw) {
    const auto stored = from_hex(codec::string_or(bundle, "ID"));
    if (stored && stored->size() == 32 && hash_from(*stored) != Hash{}) return to_hex(*stored);
    return to_hex(crypto::sha256(raw).view());
}

KeyIdentity identify_ocr2(BytesView raw) {
    const codec::Value bundle = codec::read_json(as_text(raw));
    const std::string chain = codec::string_or(bundle, "ChainType");
    const Secret off_chain = secret_member(bundle, "OffchainKeyring");
    const Secret on_chain = ocr2_keyring(bundle);
    require(off_chain.reveal_bytes().size() == 96);
    const std::string encryption =
        to_hex(crypto::x25519_public_key(off_chain.reveal_bytes().last(32)).view());
    return {
        KeyClass::ocr2,
        ocr2_id(bundle, raw),
        {{"chainType", chain},
         {"onchainPublicKey", "ocr2on_" + chain + "_" + ocr2_on_chain_key(chain, on_chain.reveal_bytes())},
         {"offchainPublicKey", "ocr2off_" + chain + "_" + public_half(off_chain.reveal_bytes().first(64))},
         {"configPublicKey", "ocr2cfg_" + chain + "_" + encryption}}};
}

KeyIdentity identify_p2p(BytesView raw) {
    // libp2p protobufs: type Ed25519 and 64 bytes; in the id: identity multihash of type Ed25519 and 32
    // bytes.
    constexpr std::string_view private_prefix("\x08\x01\x12\x40", 4);
    constexpr std::string_view id_prefix("\x00\x24\x08\x01\x12\x20", 6);
    require(as_text(raw).starts_with(private_prefix));
    const std::string public_key = public_half(raw.subspan(private_prefix.size()));
    Bytes multihash = to_bytes(id_prefix);
    const auto tail = raw.last(32);
    multihash.insert(multihash.end(), tail.begin(), tail.end());
    const std::string id = crypto::to_base58(multihash);
    return {KeyClass::p2p, id, {{"peerId", "p2p_" + id}, {"publicKey", public_key}}};
}

KeyIdentity identify_solana(BytesView raw) {
    require(raw.size() == 32);
    const std::string id = crypto::to_base58(crypto::ed25519_public_key(raw).view());
    return {KeyClass::solana, id, {{"publicKey", id}}};
}

KeyIdentity identify_terra(BytesView raw) {
    const std::string id = crypto::terra_address(crypto::compress(secp256k1_key(raw).public_key()));
    return {KeyClass::terra, id, {{"publicKey", id}}};
}

KeyIdentity identify_starknet(BytesView raw) {
    require(raw.size() <= 32);
    const auto key = crypto::stark_key(raw);
    const std::string id = to_0x(crypto::starknet_account(key).view());
    return {KeyClass::starknet, id, {{"accountAddr", id}, {"starkPubKey", to_0x(key.view())}}};
}

KeyIdentity identify_vrf(BytesView raw) {
    const auto key = secp256k1_key(raw).public_key();
    const std::string id = to_0x(crypto::vrf_key_id(key).view());
    return {KeyClass::vrf,
            id,
            {{"compressed", id},
             {"uncompressed", to_0x(key.view())},
             {"hash", to_0x(crypto::vrf_key_hash(key).view())}}};
}

KeyIdentity identify_dkg(KeyClass key_class, const FixedBytes<32>& public_key) {
    const std::string id = to_hex(public_key.view());
    return {key_class, id, {{"publicKey", id}}};
}

KeyIdentity identify_or_throw(KeyClass key_class, BytesView raw) {
    switch (key_class) {
        case KeyClass::eth:
            return identify_eth(raw);
        case KeyClass::csa:
            return identify_csa(raw);
        case KeyClass::ocr:
            return identify_ocr(raw);
        case KeyClass::ocr2:
            return identify_ocr2(raw);
        case KeyClass::p2p:
            return identify_p2p(raw);
        case KeyClass::solana:
            return identify_solana(raw);
        case KeyClass::terra:
            return identify_terra(raw);
        case KeyClass::starknet:
            return identify_starknet(raw);
        case KeyClass::vrf:
            return identify_vrf(raw);
        case KeyClass::dkg_sign:
            require(raw.size() == 32);
            return identify_dkg(key_class, crypto::dkg_sign_public_key(raw));
        case KeyClass::dkg_encrypt:
            require(raw.size() == 32);
            return identify_dkg(key_class, crypto::dkg_encrypt_public_key(raw));
    }
    throw Unreadable();
}

}  // namespace

std::optional<KeyIdentity> identify(KeyClass key_class, const Secret& raw) {
    try {
        return identify_or_throw(key_class, raw.reveal_bytes());
    } catch (const Error&) {
    } catch (const std::invalid_argument&) {
    }
    return std::nullopt;
}

}  // namespace baton::keys

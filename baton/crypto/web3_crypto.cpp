#include "baton/crypto/web3_crypto.hpp"

#include "baton/base/error.hpp"
#include "baton/crypto/keccak.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <stdexcept>

namespace baton::crypto {

namespace {

constexpr std::size_t key_length = 32;
constexpr std::size_t iv_length = 16;
constexpr std::uint64_t most_memory = std::uint64_t{1} << 30;
constexpr std::uint32_t most_rounds = 10'000'000;

/// Derived key: cipher key in bytes 0..15, MAC key in 16..31. Wiped when destroyed.
class DerivedKey {
  public:
    explicit DerivedKey(std::size_t length) : bytes_(length) {}
    DerivedKey(DerivedKey&&) = default;
    DerivedKey& operator=(DerivedKey&&) = delete;
    ~DerivedKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

    std::uint8_t* data() { return bytes_.data(); }
    std::size_t size() const { return bytes_.size(); }
    BytesView cipher_key() const { return BytesView(bytes_).first(16); }
    BytesView mac_key() const { return BytesView(bytes_).subspan(16, 16); }

  private:
    Bytes bytes_;
};

void require_length(std::uint32_t dklen) {
    if (dklen < key_length || dklen > 1024) {
        throw InvalidInput("derived key length not supported: " + std::to_string(dklen));
    }
}

DerivedKey derive(const ScryptParameters& scrypt, const Secret& password) {
    require_length(scrypt.dklen);
    if (scrypt.n < 2 || (scrypt.n & (scrypt.n - 1)) != 0) {
        throw InvalidInput("scrypt: N must be > 1 and a power of 2");
    }
    const std::uint64_t blocks = std::uint64_t{scrypt.r} * 128;
    if (scrypt.r == 0 || scrypt.p == 0 || scrypt.n > most_memory / blocks ||
        scrypt.p > most_memory / blocks) {
        throw InvalidInput("scrypt: parameters are too large");
    }
    if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
    DerivedKey key(scrypt.dklen);
    const auto text = as_bytes(password.reveal());
    errno = 0;
    if (crypto_pwhash_scryptsalsa208sha256_ll(text.data(), text.size(), scrypt.salt.data(),
                                              scrypt.salt.size(), scrypt.n, scrypt.r, scrypt.p, key.data(),
                                              key.size()) == 0) {
        return key;
    }
    if (errno != ENOMEM) throw InvalidInput("scrypt: parameters are too large");
    throw Error("scrypt: no memory for the " + std::to_string(blocks * scrypt.n >> 20) + " MB that it needs");
}

DerivedKey derive(const Pbkdf2Parameters& pbkdf2, const Secret& password) {
    require_length(pbkdf2.dklen);
    if (pbkdf2.prf != "hmac-sha256") throw InvalidInput("unsupported PBKDF2 PRF: " + pbkdf2.prf);
    if (pbkdf2.c == 0 || pbkdf2.c > most_rounds) throw InvalidInput("pbkdf2: parameters are too large");
    DerivedKey key(pbkdf2.dklen);
    if (PKCS5_PBKDF2_HMAC(password.reveal().data(), static_cast<int>(password.reveal().size()),
                          pbkdf2.salt.data(), static_cast<int>(pbkdf2.salt.size()),
                          static_cast<int>(pbkdf2.c), EVP_sha256(), static_cast<int>(key.size()),
                          key.data()) != 1) {
        throw InvalidInput("pbkdf2: parameters are too large");
    }
    return key;
}

DerivedKey derive(const UnknownKdf& kdf, const Secret&) {
    throw InvalidInput("unsupported KDF: " + kdf.name);
}

/// Counter mode: the same both ways.
void aes_128_ctr(BytesView key, BytesView iv, BytesView in, std::uint8_t* out) {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  EVP_CIPHER_CTX_free);
    int written = 0;
    if (in.size() > std::numeric_limits<int>::max() || !context ||
        EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(), iv.data()) != 1 ||
        EVP_EncryptUpdate(context.get(), out, &written, in.data(), static_cast<int>(in.size())) != 1) {
        throw std::runtime_error("OpenSSL refuses AES-128-CTR");
    }
}

[[noreturn]] void refuse() {
    throw InvalidInput("could not decrypt key with given password");
}

}  // namespace

Web3Crypto web3_encrypt(BytesView plaintext, const Secret& password, ScryptCost cost, Bytes salt, Bytes iv) {
    if (iv.size() != iv_length) throw std::invalid_argument("an AES counter block has 16 bytes");
    ScryptParameters scrypt;
    if (cost == ScryptCost::insecure_fast) scrypt.n = 2;
    scrypt.salt = std::move(salt);
    const DerivedKey key = derive(scrypt, password);
    Web3Crypto object;
    object.ciphertext.resize(plaintext.size());
    aes_128_ctr(key.cipher_key(), iv, plaintext, object.ciphertext.data());
    const Hash mac = keccak256({key.mac_key(), object.ciphertext});
    object.mac.assign(mac.bytes.begin(), mac.bytes.end());
    object.iv = std::move(iv);
    object.kdf = std::move(scrypt);
    return object;
}

Web3Crypto web3_encrypt(BytesView plaintext, const Secret& password, ScryptCost cost, Random& random) {
    Bytes salt = random.bytes(32);
    Bytes iv = random.bytes(iv_length);
    return web3_encrypt(plaintext, password, cost, std::move(salt), std::move(iv));
}

Secret web3_decrypt(const Web3Crypto& object, const Secret& password) {
    if (object.cipher != "aes-128-ctr") throw InvalidInput("cipher not supported: " + object.cipher);
    const DerivedKey key = std::visit([&](const auto& kdf) { return derive(kdf, password); }, object.kdf);
    const Hash mac = keccak256({key.mac_key(), object.ciphertext});
    if (!equal_constant_time(mac.view(), object.mac) || object.iv.size() != iv_length) refuse();
    std::string plaintext(object.ciphertext.size(), '\0');
    aes_128_ctr(key.cipher_key(), object.iv, object.ciphertext,
                reinterpret_cast<std::uint8_t*>(plaintext.data()));
    return Secret(std::move(plaintext));
}

}  // namespace baton::crypto

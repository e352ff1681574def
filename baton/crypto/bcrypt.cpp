#include "baton/crypto/bcrypt.hpp"

#include "baton/base/error.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <memory>
#include <optional>
#include <stdexcept>

namespace baton::crypto {

namespace {

constexpr int cost = 10;
constexpr std::size_t longest_password = 50;
/// "$2?$"
constexpr std::size_t prefix_length = 4;

struct WipeAndFree {
    void operator()(crypt_data* data) const {
        OPENSSL_cleanse(data, sizeof *data);
        delete data;
    }
};

/// crypt(3) ends a password at its first NUL byte.
bool has_nul(const Secret& password) {
    return password.reveal().find('\0') != std::string::npos;
}

bool is_bcrypt(const std::string& hash) {
    return hash.size() == 60 && hash.starts_with("$2") && hash[3] == '$' &&
           (hash[2] == 'a' || hash[2] == 'b' || hash[2] == 'y');
}

/// libxcrypt treats some 8-bit passwords under the name 2a differently on purpose; Go's 2a is what libxcrypt
/// calls 2b.
std::optional<std::string> crypt_as_2b(const Secret& password, std::string setting) {
    setting[2] = 'b';
    const std::unique_ptr<crypt_data, WipeAndFree> data(new crypt_data());
    const char* hash = crypt_rn(password.reveal().c_str(), setting.c_str(), data.get(), sizeof *data);
    if (!hash) return std::nullopt;
    return std::string(hash);
}

}  // namespace

std::string bcrypt_hash(const Secret& password, Random& random) {
    if (password.reveal().size() > longest_password) {
        throw InvalidInput("must enter a password less than 50 characters");
    }
    if (has_nul(password)) throw InvalidInput("the password contains a NUL byte; choose one without");
    const Bytes salt = random.bytes(16);
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (!crypt_gensalt_rn("$2b$", cost, reinterpret_cast<const char*>(salt.data()),
                          static_cast<int>(salt.size()), setting, sizeof setting)) {
        throw std::runtime_error("libxcrypt makes no bcrypt salt");
    }
    auto hash = crypt_as_2b(password, setting);
    if (!hash || !is_bcrypt(*hash)) throw std::runtime_error("libxcrypt makes no bcrypt hash");
    (*hash)[2] = 'a';
    return *hash;
}

bool bcrypt_matches(const Secret& password, const std::string& hash) {
    if (!is_bcrypt(hash) || has_nul(password)) return false;
    const auto computed = crypt_as_2b(password, hash);
    return computed && equal_constant_time(as_bytes(*computed).subspan(prefix_length),
                                           as_bytes(hash).subspan(prefix_length));
}

}  // namespace baton::crypto

#include "baton/base/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace baton {

void wipe(std::string& text) {
    // The whole buffer: a moved-from short string still holds its characters behind length 0.
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

void wipe(Bytes& bytes) {
    bytes.resize(bytes.capacity());
    OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        std::string copy = other.value_;
        wipe(value_);
        value_.swap(copy);
        wipe(copy);
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) {
    if (this != &other) {
        wipe(value_);
        value_.swap(other.value_);
        wipe(other.value_);
    }
    return *this;
}

Secret::~Secret() {
    wipe(value_);
}

}  // namespace baton

#include "baton/crypto/keccak.hpp"

#include <cryptopp/keccak.h>

namespace baton::crypto {

Hash keccak256(std::initializer_list<BytesView> parts) {
    CryptoPP::Keccak_256 keccak;
    for (const auto part : parts)
        keccak.Update(part.data(), part.size());
    Hash hash;
    keccak.Final(hash.bytes.data());
    return hash;
}

Hash keccak256(BytesView bytes) {
    return keccak256({bytes});
}

}  // namespace baton::crypto

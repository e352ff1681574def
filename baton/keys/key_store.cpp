#include "baton/keys/key_store.hpp"

#include "baton/crypto/eip55.hpp"
#include "baton/crypto/password.hpp"
#include "baton/keys/key_ring_file.hpp"

#include <functional>
#include <utility>

namespace baton::keys {

KeyStore::KeyStore(async::WorkerPool& workers, Random& random, crypto::ScryptCost cost)
    : workers_(&workers), random_(&random), cost_(cost) {}

async::Task<void> KeyStore::unlock(store::StoredKeyRing stored, Secret password) {
    if (password_ && !equal_constant_time(password_->reveal_bytes(), password.reveal_bytes())) {
        throw InvalidInput("attempting to unlock keystore again with a different password");
    }
    if (password_ && stored == stored_) co_return;
    if (!stored.row_exists && !password_) {
        if (const auto faults = crypto::password_faults(password)) throw InvalidInput(*faults);
    }
    const auto turn = ++turns_;
    KeyRing ring;
    // v1.11.0 stores NULL between its first unlocking and its first key.
    if (stored.encrypted_keys && !stored.encrypted_keys->empty()) {
        std::function<KeyRing()> work = [text = *stored.encrypted_keys, password] {
            return decrypt_key_ring(text, password);
        };
        ring = co_await workers_->run<KeyRing>(std::move(work));
    }
    // Whoever began later knows better: a takeover may have unlocked and changed the ring meanwhile.
    if (turn < loaded_turn_) co_return;
    load(std::move(ring), std::move(stored));
    loaded_turn_ = turn;
    password_ = std::move(password);
}

const KeyRing& KeyStore::ring() const {
    require_unlocked();
    return ring_;
}

const store::StoredKeyRing& KeyStore::stored() const {
    require_unlocked();
    return stored_;
}

const std::vector<KeyIdentity>& KeyStore::identities() const {
    require_unlocked();
    return identities_;
}

const std::vector<KeyClass>& KeyStore::unreadable() const {
    require_unlocked();
    return unreadable_;
}

std::vector<Address> KeyStore::eth_addresses() const {
    require_unlocked();
    return eth_addresses_;
}

bool KeyStore::has_eth_key(const Address& address) const {
    require_unlocked();
    return eth_keys_.contains(address);
}

crypto::Signature KeyStore::sign(const Address& from, const Hash& hash) const {
    require_unlocked();
    const auto key = eth_keys_.find(from);
    if (key == eth_keys_.end()) throw NotFound("unable to find eth key with id " + crypto::to_checksum(from));
    return key->second.sign(hash);
}

crypto::VrfProof KeyStore::prove(const crypto::VrfKeyId& id, const Hash& seed) const {
    require_unlocked();
    const auto key = vrf_keys_.find(id);
    if (key == vrf_keys_.end()) throw NotFound("unable to find VRF key with id " + to_0x(id.view()));
    return crypto::prove_vrf(key->second, seed, *random_);
}

async::Task<std::string> KeyStore::encrypt(KeyRing changed) const {
    require_unlocked();
    std::function<std::string()> work = [ring = std::move(changed), password = *password_, cost = cost_,
                                         random = random_] {
        return encrypt_key_ring(ring, password, cost, *random);
    };
    co_return co_await workers_->run<std::string>(std::move(work));
}

void KeyStore::adopt(KeyRing changed, store::StoredKeyRing stored) {
    require_unlocked();
    load(std::move(changed), std::move(stored));
    loaded_turn_ = ++turns_;
}

void KeyStore::load(KeyRing ring, store::StoredKeyRing stored) {
    identities_.clear();
    unreadable_.clear();
    eth_keys_.clear();
    eth_addresses_.clear();
    vrf_keys_.clear();
    for (std::size_t i = 0; i < key_class_count; ++i) {
        const auto key_class = static_cast<KeyClass>(i);
        for (const auto& raw : ring.raw(key_class)) {
            if (auto identity = identify(key_class, raw)) {
                identities_.push_back(std::move(*identity));
            } else {
                unreadable_.push_back(key_class);
            }
        }
    }
    for (const auto& raw : ring.raw(KeyClass::eth)) {
        const auto key = crypto::PrivateKey::from_scalar(raw.reveal_bytes());
        if (!key) continue;
        const Address address = key->address();
        if (eth_keys_.emplace(address, *key).second) eth_addresses_.push_back(address);
    }
    for (const auto& raw : ring.raw(KeyClass::vrf)) {
        const auto key = crypto::PrivateKey::from_scalar(raw.reveal_bytes());
        if (key) vrf_keys_.emplace(crypto::vrf_key_id(key->public_key()), *key);
    }
    ring_ = std::move(ring);
    stored_ = std::move(stored);
}

void KeyStore::require_unlocked() const {
    if (!password_) throw KeyStoreLocked();
}

}  // namespace baton::keys

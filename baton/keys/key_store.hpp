#pragma once

#include "baton/async/task.hpp"
#include "baton/async/worker_pool.hpp"
#include "baton/base/error.hpp"
#include "baton/base/random.hpp"
#include "baton/base/secret.hpp"
#include "baton/crypto/secp256k1.hpp"
#include "baton/crypto/vrf.hpp"
#include "baton/crypto/web3_crypto.hpp"
#include "baton/keys/key_identity.hpp"
#include "baton/keys/key_ring.hpp"
#include "baton/store/key_rings.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace baton::keys {

/// "Keystore is locked"
class KeyStoreLocked : public Error {
  public:
    KeyStoreLocked() : Error("Keystore is locked") {}
};

/// The node's keys in memory, unlocked once with the operator's password and kept across epochs. Loop thread
/// only; one unlock() or save at a time. Holds the password, because every change encrypts the whole ring
/// anew.
class KeyStore {
  public:
    /// `workers` and `random` outlive the store.
    KeyStore(async::WorkerPool& workers, Random& random, crypto::ScryptCost cost);
    KeyStore(const KeyStore&) = delete;
    KeyStore& operator=(const KeyStore&) = delete;

    /// Decrypts what is stored on a worker thread (a second and 256 MB at standard cost); without a row or
    /// with NULL in it the ring is empty. When the stored text is the one that is in memory already, nothing
    /// is computed: a takeover reads the row again and calls this. On an error the store stays as it was.
    /// Throws InvalidInput: "unable to decrypt encrypted key ring: ..." (wrong password), "attempting to
    /// unlock keystore again with a different password", and without a row the text of
    /// crypto::password_faults for a password that is too simple.
    async::Task<void> unlock(store::StoredKeyRing stored, Secret password);
    bool locked() const { return !password_; }

    // The rest throws KeyStoreLocked while locked.

    const KeyRing& ring() const;
    /// The stored state that the ring in memory corresponds to; what a save expects to find.
    const store::StoredKeyRing& stored() const;
    /// Of all classes in the order of the ring; a key that cannot be read is left out here and kept in the
    /// ring.
    const std::vector<KeyIdentity>& identities() const;
    /// Keys whose raw bytes do not have the form of their class, by class; for the log.
    const std::vector<KeyClass>& unreadable() const;

    std::vector<Address> eth_addresses() const;
    bool has_eth_key(const Address& address) const;
    /// Throws NotFound "unable to find eth key with id 0x...". Deterministic (RFC 6979).
    crypto::Signature sign(const Address& from, const Hash& hash) const;

    /// A new proof with every call, of the same output. Throws NotFound "unable to find VRF key with id
    /// 0x...".
    crypto::VrfProof prove(const crypto::VrfKeyId& key, const Hash& seed) const;

    /// The text to be stored for `changed`, with fresh salt and IV, made on a worker thread. Changes nothing
    /// here: write it with store::replace_key_ring and then adopt() it.
    async::Task<std::string> encrypt(KeyRing changed) const;
    /// `changed` is committed as `stored` (the text as the database gives it back).
    void adopt(KeyRing changed, store::StoredKeyRing stored);

  private:
    void load(KeyRing ring, store::StoredKeyRing stored);
    void require_unlocked() const;

    async::WorkerPool* workers_;
    Random* random_;
    crypto::ScryptCost cost_;
    std::optional<Secret> password_;
    /// unlock() and adopt() in the order in which they began; what began before the loaded one is dropped.
    std::uint64_t turns_ = 0;
    std::uint64_t loaded_turn_ = 0;
    store::StoredKeyRing stored_;
    KeyRing ring_;
    std::vector<KeyIdentity> identities_;
    std::vector<KeyClass> unreadable_;
    std::map<Address, crypto::PrivateKey> eth_keys_;
    std::vector<Address> eth_addresses_;
    std::map<crypto::VrfKeyId, crypto::PrivateKey> vrf_keys_;
};

}  // namespace baton::keys

#pragma once

#include "baton/keys/key_store.hpp"
#include "baton/keys/missing_keys.hpp"
#include "baton/store/writer.hpp"

#include <string>
#include <vector>

namespace baton::keys {

/// Saves `changed` in place of the store's ring, enables keys on their chains in the same fenced transaction,
/// and adopts the ring. Throws KeyStoreLocked, pg errors, and Error when somebody else changed the ring in
/// the database since it was read; the store in memory is then unchanged, and but for pg::CommitUnknown the
/// database too. After any of them: read the ring, unlock, try again. One at a time. `store` outlives the
/// task.
async::Task<void> save_keys(KeyStore& store, store::Writer writer, KeyRing changed,
                            std::vector<AddedKeys::Enabled> enable);

/// Reads the key states, adds what is missing and saves it. Writes nothing when nothing is missing. Gives the
/// lines for the log. Errors as save_keys. `store` and `random` outlive the task.
async::Task<std::vector<std::string>> ensure_keys(KeyStore& store, store::Writer writer,
                                                  EnsureOptions options, Random& random);

}  // namespace baton::keys

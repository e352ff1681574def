#pragma once

#include "baton/keys/key_store.hpp"
#include "baton/keys/missing_keys.hpp"
#include "baton/store/writer.hpp"

#include <string>
#include <vector>

namespace baton::keys {

/// Reads the key states, adds what is missing, saves ring and states in one fenced transaction and adopts the
/// ring. Writes nothing when nothing is missing. Gives the lines for the log. Throws KeyStoreLocked, pg
/// errors, and Error when somebody else changed the ring since it was read; the store in memory is then
/// unchanged, and but for pg::CommitUnknown the database too. After any of them: read the ring, unlock, try
/// again.
async::Task<std::vector<std::string>> ensure_keys(KeyStore& store, store::Writer writer,
                                                  EnsureOptions options, Random& random);

}  // namespace baton::keys

#include "baton/keys/ensure_keys.hpp"

#include "baton/store/key_states.hpp"

#include <utility>

namespace baton::keys {

async::Task<void> save_keys(KeyStore& store, store::Writer writer, KeyRing changed,
                            std::vector<AddedKeys::Enabled> enable) {
    const store::StoredKeyRing expected = store.stored();
    const std::string encrypted = co_await store.encrypt(changed);

    const auto deadline = writer.deadline();
    auto transaction = co_await pg::FencedTransaction::begin(*writer.pool, writer.fence, deadline);
    auto stored = co_await store::replace_key_ring(transaction, expected, encrypted, deadline);
    if (!stored) {
        co_await transaction.roll_back(deadline);
        throw Error(
            "the key ring was changed by somebody else while keys were being added; nothing was saved");
    }
    for (const auto& [address, chain_id] : enable) {
        co_await store::enable_key(transaction, chain_id, address, deadline);
    }
    co_await transaction.commit(deadline);
    store.adopt(std::move(changed), std::move(*stored));
}

async::Task<std::vector<std::string>> ensure_keys(KeyStore& store, store::Writer writer,
                                                  EnsureOptions options, Random& random) {
    const auto states = co_await store::list_key_states(*writer.pool, writer.deadline());
    AddedKeys added = add_missing_keys(store.ring(), states, options, random);
    if (added.any()) co_await save_keys(store, writer, std::move(added.ring), std::move(added.enable));
    co_return added.created;
}

}  // namespace baton::keys

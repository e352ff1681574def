#include "baton/store/key_rings.hpp"
#include "baton/store/key_states.hpp"
#include "baton/store/writer_testing.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

namespace baton::store {
namespace {

class KeyTables : public WriterTest {
  protected:
    /// Runs `body` in a fenced transaction of its own and commits it.
    template <typename T>
    T in_transaction(std::function<async::Task<T>(pg::FencedTransaction&)> body) {
        return run(commit_after<T>(writer(), std::move(body)));
    }

    std::optional<StoredKeyRing> replace(StoredKeyRing expected, std::string json) {
        return in_transaction<std::optional<StoredKeyRing>>([=](pg::FencedTransaction& transaction) {
            return replace_key_ring(transaction, expected, json, soon());
        });
    }

    StoredKeyRing read() { return run(read_key_ring(pool(), soon())); }

    void enable(const BigInt& chain_id, const Address& address) {
        in_transaction<bool>(
            [=](pg::FencedTransaction& transaction) { return enabled(&transaction, chain_id, address); });
    }

    bool take(const Address& address, std::int64_t first, std::int64_t count) {
        return in_transaction<bool>([=](pg::FencedTransaction& transaction) {
            return take_nonces(transaction, 1, address, first, count, soon());
        });
    }

    std::optional<std::int64_t> next_nonce(const Address& address) {
        return run(read_next_nonce(pool(), 1, address, soon()));
    }

    void add_chain(const char* id) {
        database().run(std::string("insert into evm_chains (id, cfg, created_at, updated_at) values (") + id +
                       ", '{}', now(), now())");
    }

    static Address address(std::uint8_t last) {
        Address made;
        made.bytes[19] = last;
        return made;
    }

  private:
    template <typename T>
    static async::Task<T> commit_after(Writer writer,
                                       std::function<async::Task<T>(pg::FencedTransaction&)> body) {
        const auto deadline = soon();
        auto transaction = co_await pg::FencedTransaction::begin(*writer.pool, writer.fence, deadline);
        T result = co_await body(transaction);
        co_await transaction.commit(deadline);
        co_return result;
    }

    static async::Task<bool> enabled(pg::FencedTransaction* transaction, BigInt chain_id, Address address) {
        co_await enable_key(*transaction, std::move(chain_id), address, soon());
        co_return true;
    }
};

TEST_F(KeyTables, TheFirstRingIsInsertedAndLaterOnesReplaceIt) {
    EXPECT_EQ(read(), StoredKeyRing{});
    const auto first = replace({}, R"({"b": 1, "a": 2})");
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, read());
    EXPECT_EQ(first->encrypted_keys, R"({"a": 2, "b": 1})") << "what counts is the text of the database";
    const std::string inserted_at = database().value("select updated_at from encrypted_key_rings");
    const auto second = replace(*first, R"({"c": 3})");
    ASSERT_TRUE(second);
    EXPECT_EQ(read().encrypted_keys, R"({"c": 3})");
    EXPECT_EQ(database().value("select updated_at from encrypted_key_rings"), inserted_at);
}

TEST_F(KeyTables, ARingThatSomebodyElseWroteIsNotOverwritten) {
    const auto ours = replace({}, R"({"ours": 1})");
    database().run(R"(update encrypted_key_rings set encrypted_keys = '{"theirs": 1}')");
    EXPECT_FALSE(replace(*ours, R"({"ours": 2})"));
    EXPECT_FALSE(replace({}, R"({"ours": 2})")) << "a second row was inserted";
    EXPECT_EQ(read().encrypted_keys, R"({"theirs": 1})");
}

TEST_F(KeyTables, TheEmptyRowOfAnInterruptedFirstStartIsUsed) {
    database().run("insert into encrypted_key_rings values (null, now())");
    const StoredKeyRing empty = read();
    EXPECT_EQ(empty, (StoredKeyRing{true, std::nullopt}));
    EXPECT_TRUE(replace(empty, "{}"));
    EXPECT_EQ(database().value("select count(*) from encrypted_key_rings"), "1");
}

TEST_F(KeyTables, EnablingKeepsTheNonce) {
    add_chain("1");
    enable(1, address(7));
    database().run("update evm_key_states set next_nonce = 5, disabled = true");
    EXPECT_FALSE(next_nonce(address(7)));
    enable(1, address(7));
    const auto states = run(list_key_states(pool(), soon()));
    ASSERT_EQ(states.size(), 1U);
    EXPECT_EQ(states[0].address, address(7));
    EXPECT_EQ(states[0].chain_id, 1);
    EXPECT_EQ(states[0].next_nonce, 5);
    EXPECT_FALSE(states[0].disabled);
    EXPECT_EQ(next_nonce(address(7)), 5);
}

TEST_F(KeyTables, NoncesAreTakenOnceAndOnlyInOrder) {
    add_chain("1");
    enable(1, address(7));
    EXPECT_TRUE(take(address(7), 0, 3));
    EXPECT_FALSE(take(address(7), 0, 1)) << "a nonce was given twice";
    EXPECT_FALSE(take(address(7), 4, 1)) << "a nonce was left out";
    EXPECT_TRUE(take(address(7), 3, 1));
    EXPECT_EQ(next_nonce(address(7)), 4);
    database().run("update evm_key_states set disabled = true");
    EXPECT_FALSE(take(address(7), 4, 1)) << "a disabled key gave a nonce";
    EXPECT_FALSE(take(address(8), 0, 1)) << "a key without a state gave a nonce";
}

TEST_F(KeyTables, RaisingNeverLowers) {
    add_chain("1");
    enable(1, address(7));
    const auto raise = [this](std::int64_t nonce) {
        return in_transaction<bool>([nonce](pg::FencedTransaction& transaction) {
            return raise_next_nonce(transaction, 1, address(7), nonce, soon());
        });
    };
    EXPECT_TRUE(raise(9));
    EXPECT_FALSE(raise(9));
    EXPECT_FALSE(raise(3));
    EXPECT_EQ(next_nonce(address(7)), 9);
}

TEST_F(KeyTables, NothingIsWrittenAfterTheEpochEnded) {
    lose_leadership();
    EXPECT_THROW(replace({}, "{}"), pg::FenceRefused);
    EXPECT_FALSE(read().row_exists);
}

}  // namespace
}  // namespace baton::store

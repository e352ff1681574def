#include "baton/store/bridges.hpp"

#include "baton/pg/error.hpp"
#include "testing/product_world.hpp"

namespace baton::store {
namespace {

model::Bridge bridge(const std::string& name) {
    model::Bridge made;
    made.name = name;
    made.url = "https://adapter.example.org/" + name;
    made.confirmations = 4'000'000'000U;
    made.incoming_token_hash = "hash";
    made.salt = "salt";
    made.outgoing_token = "outgoing";
    made.minimum_contract_payment = BigInt("100000000000000000000");
    return made;
}

class Bridges : public test::ProductWorld {
  protected:
    std::optional<model::Bridge> find(const std::string& name) {
        return run(find_bridge(pool(), name, soon()));
    }
    std::optional<std::string> last(std::int32_t spec, const std::string& dot_id, int seconds) {
        return run(last_bridge_answer(pool(), spec, dot_id, std::chrono::seconds(seconds), soon()));
    }
    void keep(std::int32_t spec, const std::string& dot_id, const std::string& answer) {
        run(keep_bridge_answer(writer(), spec, dot_id, answer));
    }
};

TEST_F(Bridges, ABridgeReadsAsItWasStored) {
    const auto created = run(create_bridge(writer(), bridge("price")));
    const auto read = find("price");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->url, "https://adapter.example.org/price");
    EXPECT_EQ(read->confirmations, 4'000'000'000U);
    EXPECT_EQ(read->incoming_token_hash, "hash");
    EXPECT_EQ(read->salt, "salt");
    EXPECT_EQ(read->outgoing_token, "outgoing");
    EXPECT_EQ(read->minimum_contract_payment, BigInt("100000000000000000000"));
    EXPECT_EQ(read->created_at, created.created_at);
    EXPECT_FALSE(find("Price")) << "names are compared exactly";
    EXPECT_THROW(run(create_bridge(writer(), bridge("price"))), pg::UniqueViolation);
}

TEST_F(Bridges, TheyAreListedByNameInPages) {
    for (const auto* name : {"b", "c", "a"})
        run(create_bridge(writer(), bridge(name)));
    const auto page = run(list_bridges(pool(), 1, 1, soon()));
    EXPECT_EQ(page.count, 3);
    ASSERT_EQ(page.bridges.size(), 1U);
    EXPECT_EQ(page.bridges[0].name, "b");
    EXPECT_EQ(run(existing_bridges(pool(), {"c", "x", "a"}, soon())), (std::vector<std::string>{"a", "c"}));
}

TEST_F(Bridges, AnUpdateChangesWhatMayChange) {
    run(create_bridge(writer(), bridge("price")));
    auto changed = bridge("price");
    changed.url = "https://elsewhere.example.org";
    changed.confirmations = 1;
    changed.minimum_contract_payment.reset();
    changed.outgoing_token = "another";
    const auto updated = run(update_bridge(writer(), changed));
    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->url, "https://elsewhere.example.org");
    EXPECT_EQ(updated->confirmations, 1U);
    EXPECT_FALSE(updated->minimum_contract_payment);
    EXPECT_EQ(updated->outgoing_token, "outgoing");
    EXPECT_FALSE(run(update_bridge(writer(), bridge("other"))));
}

TEST_F(Bridges, ADeletedOneIsGone) {
    run(create_bridge(writer(), bridge("price")));
    EXPECT_TRUE(run(delete_bridge(writer(), "price")));
    EXPECT_FALSE(run(delete_bridge(writer(), "price")));
    EXPECT_FALSE(find("price"));
}

TEST_F(Bridges, TheLastAnswerOfATaskIsKeptAsItCame) {
    const auto job = stored(webhook_job());
    const auto spec = job.pipeline_spec_id;
    const std::string first("not UTF-8: \xff and \0", 18);
    keep(spec, "ask", first);
    EXPECT_EQ(last(spec, "ask", 60), first);
    EXPECT_FALSE(last(spec, "other", 60));
    keep(spec, "ask", "second");
    EXPECT_EQ(last(spec, "ask", 60), "second");
    database().run("update bridge_last_value set finished_at = now() - interval '61 seconds'");
    EXPECT_FALSE(last(spec, "ask", 60));
    EXPECT_EQ(last(spec, "ask", 62), "second");
    run(delete_job(writer(), job.id));
    EXPECT_EQ(count("bridge_last_value"), 0);
}

TEST_F(Bridges, WhoDoesNotLeadWritesNothing) {
    run(create_bridge(writer(), bridge("price")));
    const auto job = stored(webhook_job());
    lose_leadership();
    EXPECT_THROW(run(create_bridge(writer(), bridge("other"))), pg::FenceRefused);
    EXPECT_THROW(run(update_bridge(writer(), bridge("price"))), pg::FenceRefused);
    EXPECT_THROW(run(delete_bridge(writer(), "price")), pg::FenceRefused);
    EXPECT_THROW(keep(job.pipeline_spec_id, "ask", "x"), pg::FenceRefused);
    EXPECT_TRUE(find("price"));
    EXPECT_EQ(count("bridge_last_value"), 0);
}

}  // namespace
}  // namespace baton::store

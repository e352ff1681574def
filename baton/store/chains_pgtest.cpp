#include "baton/store/chains.hpp"

#include "baton/store/writer_testing.hpp"

namespace baton::store {
namespace {

class Chains : public WriterTest {
  protected:
    static NodeRow primary(const std::string& name, const std::string& url, int chain = 1337) {
        NodeRow node;
        node.name = name;
        node.chain_id = chain;
        node.ws_url = "ws://" + url;
        node.http_url = "http://" + url;
        return node;
    }
    void ensure(int chain, std::vector<NodeRow> nodes) {
        run(ensure_chain(writer(), chain, std::move(nodes)));
    }
    std::string versions_of_rows() {
        return database().value(
            "select string_agg(v, ',') from (select xmin::text as v from evm_chains union all select "
            "xmin::text || ':' || id from evm_nodes) t");
    }
    std::string refusal() {
        try {
            run(check_version(pool(), soon()));
            return "";
        } catch (const InvalidInput& error) {
            return error.what();
        }
    }
    std::string upgrade_from() { return run(check_version(pool(), soon())).value_or("none"); }
    void set_version(const std::string& version) {
        database().run("delete from node_versions");
        database().run("insert into node_versions (version, created_at) values ('" + version + "', now())");
    }
};

TEST_F(Chains, AChainAndItsNodesAreInserted) {
    auto send_only = primary("backup", "h2");
    send_only.ws_url.clear();
    send_only.send_only = true;
    auto no_http = primary("ws", "h3");
    no_http.http_url.clear();
    ensure(1337, {primary("main", "h1"), send_only, no_http});
    const auto chains = run(load_chains(pool(), soon()));
    ASSERT_EQ(chains.size(), 1U);
    EXPECT_EQ(chains[0].id, 1337);
    EXPECT_TRUE(chains[0].enabled);
    EXPECT_EQ(chains[0].cfg, "{}");
    const auto nodes = run(load_nodes(pool(), soon()));
    ASSERT_EQ(nodes.size(), 3U);
    EXPECT_EQ(nodes[0].name, "main");
    EXPECT_EQ(nodes[0].ws_url, "ws://h1");
    EXPECT_EQ(nodes[0].http_url, "http://h1");
    EXPECT_TRUE(nodes[1].send_only);
    EXPECT_EQ(nodes[1].ws_url, "");
    EXPECT_EQ(nodes[2].http_url, "");
}

TEST_F(Chains, WhatIsTheSameIsNotWritten) {
    ensure(1337, {primary("a", "h1"), primary("b", "h2")});
    const auto before = versions_of_rows();
    ensure(1337, {primary("b", "h2"), primary("a", "h1")});
    EXPECT_EQ(versions_of_rows(), before);
    lose_leadership();
    ensure(1337, {primary("a", "h1"), primary("b", "h2")});
}

TEST_F(Chains, NodesThatDifferAreReplacedAndTheChainIsKept) {
    ensure(1337, {primary("a", "h1")});
    ensure(5, {primary("other", "h5", 5)});
    database().run(
        "update evm_chains set cfg = '{\"EvmFinalityDepth\": 3}', enabled = false where id = 1337");
    ensure(1337, {primary("a", "h9")});
    EXPECT_EQ(database().value("select string_agg(ws_url, ',' order by ws_url) from evm_nodes"),
              "ws://h5,ws://h9");
    EXPECT_EQ(
        database().value("select cfg ->> 'EvmFinalityDepth' || enabled from evm_chains where id = 1337"),
        "3false");
}

TEST_F(Chains, ANameOrUrlMayMoveBetweenNodesOfAChain) {
    ensure(1337, {primary("a", "h1"), primary("b", "h2")});
    ensure(1337, {primary("a", "h2"), primary("b", "h1")});
    EXPECT_EQ(database().value("select string_agg(name || ws_url, ',' order by name) from evm_nodes"),
              "aws://h2,bws://h1");
}

TEST_F(Chains, ADatabaseOfANewerVersionIsRefusedWithTheWordsOfV1) {
    for (const auto* fine :
         {"1.11.0", "v1.11.0", "1.11", "1.10.9", "1.11.0-rc1", "0.9", "1.11.0+build", "unset", "", "1.x"}) {
        set_version(fine);
        EXPECT_EQ(refusal(), "") << fine;
    }
    for (const auto* newer : {"1.11.1", "1.12", "2.0.0", "v1.12.0", "2.0.0-beta"}) {
        set_version(newer);
        EXPECT_EQ(refusal(), "CheckVersion: Application version (1.11.0) is older than database version (" +
                                 std::string(newer) + "). Only Chainlink " + newer +
                                 " or later can be run on this database");
    }
    database().run("delete from node_versions");
    EXPECT_EQ(refusal(), "");
    database().run("drop table node_versions");
    EXPECT_EQ(refusal(), "") << "an empty database";
}

TEST_F(Chains, ADatabaseThatAnOlderVersionUsedLastIsAnUpgrade) {
    database().run("delete from node_versions");
    EXPECT_EQ(upgrade_from(), "none") << "a new database";
    for (const auto* older : {"1.10.9", "1.11.0-rc1", "v0.9"}) {
        set_version(older);
        EXPECT_EQ(upgrade_from(), older);
    }
    for (const auto* other : {"1.11.0", "v1.11", "unset", ""}) {
        set_version(other);
        EXPECT_EQ(upgrade_from(), "none") << other;
    }
}

TEST_F(Chains, TheVersionIsWrittenWhenItDiffers) {
    run(record_version(writer()));
    EXPECT_EQ(database().value("select version from node_versions"), "1.11.0");
    const auto before = database().value("select xmin from node_versions");
    run(record_version(writer()));
    EXPECT_EQ(database().value("select xmin from node_versions"), before);
    set_version("1.9.0");
    run(record_version(writer()));
    EXPECT_EQ(database().value("select string_agg(version, ',') from node_versions"), "1.11.0");
}

}  // namespace
}  // namespace baton::store

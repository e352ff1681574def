#include "baton/api/bridge_input.hpp"
#include "baton/api/test_world.hpp"
#include "baton/codec/json.hpp"
#include "baton/crypto/sha.hpp"
#include "testing/product_world.hpp"

namespace baton::api {
namespace {

using model::Role;

/// Bridges over a database in which this process leads.
class BridgeRoutes : public test::ProductWorld {
  protected:
    void SetUp() override {
        ProductWorld::SetUp();
        if (IsSkipped()) return;
        world_ = std::make_unique<World>();
        world_->pool = &pool();
        world_->other_loop = &loop();
        world_->leadership.writes_with = writer();
        world_->leadership.schema = "baton";
        for (const auto role : {Role::view, Role::run, Role::edit}) {
            const auto email = model::to_string(role) + "@example.org";
            run(store::create_user(writer(), email, "$2a$10$hash", role));
            run(store::create_session(pool(), "session-of-" + model::to_string(role), email, soon()));
        }
    }
    void TearDown() override {
        world_.reset();
        ProductWorld::TearDown();
    }

    World& world() { return *world_; }
    net::Response call(const std::string& method, const std::string& path, const std::string& body = "") {
        return world().send_as(Role::edit, method, "/v2/bridge_types" + path, body);
    }
    net::Response create(const std::string& body = R"({"name":"Price","url":"http://a.example.org:80/x"})") {
        return call("POST", "", body);
    }
    net::Response create_job(const std::string& bridge) {
        codec::Map members;
        members["toml"] = codec::Value(
            "type = \"webhook\"\nschemaVersion = 1\nobservationSource = \"a [type=bridge name=\\\"" + bridge +
            "\\\"]\"\n");
        return world().send_as(Role::edit, "POST", "/v2/jobs",
                               codec::write_json(codec::Value::map(std::move(members))));
    }
    static std::string text_at(const net::Response& response, std::initializer_list<std::string_view> path) {
        const auto document = codec::read_json(response.body);
        const auto* value = codec::at(document, path);
        return value && value->text_or_null() ? *value->text_or_null() : "(none)";
    }

  private:
    std::unique_ptr<World> world_;
};

TEST_F(BridgeRoutes, ABridgeIsCreatedShownChangedAndDeleted) {
    const auto created = create(
        R"({"Name":"Price","url":"http://a.example.org:80/x","confirmations":3,"minimumContractPayment":"0.1 link"})");
    ASSERT_EQ(created.status, 200) << created.body;
    EXPECT_EQ(text_at(created, {"data", "type"}), "bridges");
    EXPECT_EQ(text_at(created, {"data", "id"}), "price");
    EXPECT_EQ(text_at(created, {"data", "attributes", "minimumContractPayment"}), "0.1 link");
    const auto incoming = text_at(created, {"data", "attributes", "incomingToken"});
    EXPECT_EQ(incoming.size(), 32U);
    const auto salt = database().value("select salt from bridge_types");
    EXPECT_EQ(database().value("select incoming_token_hash from bridge_types"),
              to_hex(crypto::sha3_256(as_bytes(incoming + "-" + salt)).view()));
    EXPECT_EQ(database().value("select outgoing_token from bridge_types"),
              text_at(created, {"data", "attributes", "outgoingToken"}));

    auto shown = call("GET", "/PRICE");
    EXPECT_EQ(text_at(shown, {"data", "attributes", "url"}), "http://a.example.org:80/x");
    EXPECT_EQ(text_at(shown, {"data", "attributes", "incomingToken"}), "(none)");

    const auto updated = call("PATCH", "/price", R"({"name":"other","url":"https://b.example.org/"})");
    EXPECT_EQ(text_at(updated, {"data", "id"}), "price") << updated.body;
    EXPECT_EQ(text_at(updated, {"data", "attributes", "url"}), "https://b.example.org/");
    EXPECT_EQ(text_at(updated, {"data", "attributes", "minimumContractPayment"}), "(none)");
    EXPECT_EQ(database().value("select minimum_contract_payment is null from bridge_types"), "t");

    shown = call("GET", "/price");
    const auto gone = call("DELETE", "/price");
    EXPECT_EQ(gone.status, 200);
    EXPECT_EQ(gone.body, shown.body);
    for (const auto* method : {"GET", "PATCH", "DELETE"}) {
        const auto missing = call(method, "/price", R"({"name":"price","url":"http://a"})");
        EXPECT_EQ(missing.status, 404) << method;
        EXPECT_EQ(missing.body, detail("bridge not found")) << method;
    }
    EXPECT_EQ(world().jobs.changed_bridges, (std::vector<std::string>{"price", "price", "price"}));
}

TEST_F(BridgeRoutes, WhatIsWrongIsSaid) {
    ASSERT_EQ(create().status, 200);
    const auto expect = [this](unsigned status, const std::string& text, const std::string& body) {
        const auto refused = create(body);
        EXPECT_EQ(refused.status, status) << body;
        EXPECT_EQ(refused.body, detail(text)) << body;
    };
    expect(400, "Bridge Type price already exists", R"({"name":"PRICE","url":"http://a"})");
    expect(400, "No name specified", R"({"url":"http://a"})");
    expect(400, "URL must be present", R"({"name":"x"})");
    expect(400, "MinimumContractPayment must be positive",
           R"({"name":"x","url":"http://a","minimumContractPayment":"-1"})");
    expect(422, "task type validation: name a b contains invalid characters", R"({"name":"a b"})");
    expect(422, R"(parse \"a\": invalid URI for request)", R"({"name":"x","url":"a"})");
    expect(422,
           "json: cannot unmarshal number -1 into Go struct field BridgeTypeRequest.confirmations of type "
           "uint32",
           R"({"name":"x","url":"http://a","confirmations":-1})");
    expect(422, "cannot unmarshal json.Number into currency",
           R"({"name":"x","url":"http://a","minimumContractPayment":1})");
    expect(422, "EOF", "");
    EXPECT_EQ(create("{}").body,
              R"({"errors":[{"detail":"No name specified"},{"detail":"URL must be present"}]})");
    EXPECT_EQ(call("GET", "/a.b").status, 422);
    EXPECT_EQ(database().value("select count(*) from bridge_types"), "1");
}

TEST_F(BridgeRoutes, OnlyEditorsWrite) {
    ASSERT_EQ(create().status, 200);
    EXPECT_EQ(
        world().send_as(Role::run, "POST", "/v2/bridge_types", R"({"name":"x","url":"http://a"})").status,
        401);
    EXPECT_EQ(world().send_as(Role::view, "GET", "/v2/bridge_types").status, 200);
}

TEST_F(BridgeRoutes, TheyAreListedByName) {
    for (const auto* name : {"b", "c", "a"})
        ASSERT_EQ(create(std::string(R"({"name":")") + name + R"(","url":"http://a"})").status, 200);
    const auto page = call("GET", "?size=2");
    EXPECT_EQ(text_at(page, {"data", "0", "id"}), "a");
    EXPECT_EQ(text_at(page, {"data", "1", "id"}), "b");
    EXPECT_TRUE(page.body.starts_with(R"({"links":{"next":"/v2/bridge_types?page=2\u0026size=2"})"))
        << page.body;
    EXPECT_TRUE(page.body.ends_with(R"("meta":{"count":3}})")) << page.body;
}

TEST_F(BridgeRoutes, AJobNeedsItsBridges_AndKeepsThem) {
    const auto refused = create_job("price");
    EXPECT_EQ(refused.status, 500);
    EXPECT_EQ(refused.body, detail("not all bridges exist, asked for [price], exists []"));
    EXPECT_EQ(create_job("a b").body, detail("task type validation: name a b contains invalid characters"));
    EXPECT_EQ(database().value("select count(*) from jobs"), "0");
    ASSERT_EQ(create().status, 200);
    const auto job = create_job("price");
    ASSERT_EQ(job.status, 200) << job.body;
    const auto kept = call("DELETE", "/price");
    EXPECT_EQ(kept.status, 409);
    EXPECT_EQ(kept.body, detail("can't remove the bridge because jobs [" + text_at(job, {"data", "id"}) +
                                "] are associated with it"));
    EXPECT_EQ(database().value("select count(*) from bridge_types"), "1");
}

TEST_F(BridgeRoutes, AWriteUnderALostEpochIs503AndDoesNothing) {
    lose_leadership();
    EXPECT_EQ(create().status, 503);
    EXPECT_EQ(database().value("select count(*) from bridge_types"), "0");
    EXPECT_TRUE(world().jobs.changed_bridges.empty());
}

TEST(BridgeInput, ReadsLinkAsV1) {
    EXPECT_EQ(parse_link_amount("100"), 100);
    EXPECT_EQ(parse_link_amount("7 juels"), 7);
    EXPECT_EQ(parse_link_amount("0.1 link"), BigInt("100000000000000000"));
    EXPECT_THROW(parse_link_amount(""), InvalidInput);
    EXPECT_THROW(parse_link_amount("1e-19 link"), InvalidInput);
    EXPECT_THROW(parse_link_amount("1e2000000000 link"), InvalidInput) << "and no memory is spent on it";
    EXPECT_THROW(parse_link_amount("1e-2000000000 link"), InvalidInput);
}

}  // namespace
}  // namespace baton::api

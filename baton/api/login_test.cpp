#include "baton/api/test_world.hpp"

namespace baton::api {
namespace {

using model::Role;

net::Response login(World& world, const std::string& email, const std::string& password) {
    net::Request request;
    request.method = "POST";
    request.target = "/sessions";
    request.body = R"({"email":")" + email + R"(","password":")" + password +
                   R"(","webauthndata":"","WebAuthnConfig":{}})";
    return world.send(std::move(request));
}

/// The admin has the test password.
class Login : public ::testing::Test {
  protected:
    void SetUp() override {
        static const auto hash = crypto::bcrypt_hash(Secret(test_password), Random::system());
        world.accounts.users["admin@example.org"].hashed_password = hash;
    }
    World world;
};

TEST_F(Login, GivesACookieThatOpensTheApi) {
    const auto response = login(world, "admin@example.org", test_password);
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.body,
              R"({"data":{"type":"session","id":"sessionID","attributes":{"authenticated":true}}})");
    const std::string cookie(response.headers.get("Set-Cookie"));
    EXPECT_TRUE(cookie.starts_with("clsession="));
    EXPECT_TRUE(
        cookie.ends_with("; Expires=Mon, 31 Jan 2022 00:00:00 GMT; Max-Age=2592000; HttpOnly; Secure"))
        << cookie;

    net::Request request;
    request.method = "GET";
    request.target = "/v2/ping";
    request.headers.set("Cookie", "other=1; " + cookie.substr(0, cookie.find(';')));
    EXPECT_EQ(world.send(std::move(request)).status, 200);
}

TEST_F(Login, RefusalsHaveTheTextsOfTheOriginal) {
    const auto unknown = login(world, "nobody@example.org", test_password);
    EXPECT_EQ(unknown.status, 401);
    EXPECT_EQ(unknown.body, detail("sql: no rows in result set"));
    const auto wrong = login(world, "admin@example.org", "wrong");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.body, detail("Invalid password"));
    net::Request broken;
    broken.method = "POST";
    broken.target = "/sessions";
    const auto empty = world.send(std::move(broken));
    EXPECT_EQ(empty.status, 400);
    EXPECT_EQ(empty.body, detail("error binding json EOF"));
}

TEST_F(Login, BodiesOfOtherTypesAreRefusedAsGoRefusesThem) {
    const auto refused = [this](const std::string& body) {
        net::Request request;
        request.method = "POST";
        request.target = "/sessions";
        request.body = body;
        const auto response = world.send(std::move(request));
        EXPECT_EQ(response.status, 400) << body;
        return response.body;
    };
    EXPECT_EQ(refused("[]"), detail("error binding json json: cannot unmarshal array into Go value of type "
                                    "sessions.SessionRequest"));
    EXPECT_EQ(refused(R"({"webauthndata":5})"),
              detail("error binding json json: cannot unmarshal number into Go struct field "
                     "SessionRequest.webauthndata of type string"));
}

TEST_F(Login, ThePasswordAloneIsNotEnoughWithASecurityKey) {
    world.accounts.second_factor = "admin@example.org";
    EXPECT_EQ(login(world, "admin@example.org", test_password).status, 401);
}

TEST_F(Login, IsLimitedToFiveIn20Seconds) {
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(login(world, "nobody@example.org", "x").status, 401);
    EXPECT_EQ(login(world, "nobody@example.org", "x").status, 429);
    world.clock.advance(std::chrono::seconds(20));
    EXPECT_EQ(login(world, "nobody@example.org", "x").status, 401);
}

TEST_F(Login, WarnsThatBrowsersDropTheCookieOverPlainHttp) {
    login(world, "admin@example.org", test_password);
    EXPECT_EQ(world.log->with("SECURE_COOKIES").size(), 1);
    EXPECT_FALSE(world.log->mentions(test_password));
}

TEST_F(Login, LogoutEndsTheSessionAtOnce) {
    EXPECT_EQ(world.send_as(Role::view, "GET", "/v2/ping").status, 200);
    const auto out = world.send_as(Role::view, "DELETE", "/sessions");
    EXPECT_EQ(out.status, 200);
    EXPECT_EQ(out.body,
              R"({"data":{"type":"session","id":"sessionID","attributes":{"authenticated":false}}})");
    const auto after = world.send_as(Role::view, "GET", "/v2/ping");
    EXPECT_EQ(after.status, 401);
    EXPECT_EQ(after.body, detail("no matching user for provided session token: sql: no rows in result set"));
}

TEST_F(Login, WhatWasProvedIsBelievedForASecond) {
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(world.send_as(Role::view, "GET", "/v2/ping").status, 200);
    EXPECT_EQ(world.accounts.lookups, 1);
    world.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(world.send_as(Role::view, "GET", "/v2/ping").status, 200);
    EXPECT_EQ(world.accounts.lookups, 2);
}

TEST_F(Login, FailuresOfAuthentication) {
    const auto nothing = world.get("/v2/ping");
    EXPECT_EQ(nothing.status, 401);
    EXPECT_EQ(nothing.body, detail("Authentication failed"));

    net::Request forged;
    forged.method = "GET";
    forged.target = "/v2/ping";
    forged.headers.set(
        "Cookie", "clsession=" + crypto::make_session_cookie(Secret(std::string(32, 'x')), "session-of-admin",
                                                             world.clock.wall()));
    EXPECT_EQ(world.send(std::move(forged)).body, detail("Authentication failed"));

    world.accounts.expired = true;
    EXPECT_EQ(world.send_as(Role::view, "GET", "/v2/ping").body,
              detail("session missing or expired, please login again"));
    world.accounts.broken = true;
    EXPECT_EQ(world.send_as(Role::view, "GET", "/v2/ping").status, 503);
}

TEST_F(Login, RolesAreOrdered) {
    EXPECT_EQ(world.send_as(Role::run, "POST", "/v2/jobs").body, detail("Unauthorized"));
    EXPECT_EQ(world.send_as(Role::run, "POST", "/v2/jobs").status, 401);
    EXPECT_EQ(world.send_as(Role::edit, "POST", "/v2/jobs").status, 422);
    EXPECT_EQ(world.send_as(Role::view, "POST", "/v2/jobs/1/runs").status, 401);
    EXPECT_EQ(world.send_as(Role::admin, "POST", "/v2/jobs/x/runs").status, 422);
    EXPECT_EQ(world.send_as(Role::edit, "GET", "/v2/users").status, 401);
}

TEST_F(Login, TokensComeBeforeCookies) {
    store::TokenRecord record;
    record.user = world.accounts.users["edit@example.org"];
    record.salt = "salt";
    record.hashed_secret = hash_token("key", "secret", "salt");
    world.accounts.tokens["key"] = record;
    net::Request request;
    request.method = "POST";
    request.target = "/v2/jobs";
    request.headers.set("X-API-KEY", "key");
    request.headers.set("X-API-SECRET", "secret");
    request.headers.set("Cookie", world.cookie("session-of-view"));
    EXPECT_EQ(world.send(request).status, 422);
    // A wrong token leaves the cookie, whose role is too low.
    request.headers.set("X-API-SECRET", "wrong");
    EXPECT_EQ(world.send(request).body, detail("Unauthorized"));
}

TEST(HashToken, IsWhatTheDatabaseHolds) {
    // Computed with Python's hashlib.sha3_256.
    EXPECT_EQ(hash_token("k", "s", "t"), "84879c43347bccde1779b2488519dbf48fd04b5b740c9ce71e8edb6ddadf09f4");
}

}  // namespace
}  // namespace baton::api

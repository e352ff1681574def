#include "baton/store/users.hpp"

#include "baton/pg/error.hpp"
#include "baton/store/web_authns.hpp"
#include "baton/store/writer_testing.hpp"

namespace baton::store {
namespace {

class Users : public WriterTest {
  protected:
    void add(const std::string& email, model::Role role = model::Role::admin) {
        run(create_user(writer(), email, "$2a$10$hash", role));
    }
    SessionCheck touch(const std::string& id) {
        return run(touch_session(pool(), id, std::chrono::minutes(15), soon()));
    }
    void age(const std::string& id, const std::string& span) {
        database().run("update sessions set last_used = now() - interval '" + span + "' where id = '" + id +
                       "'");
    }
};

TEST_F(Users, AnAccountIsStoredInLowerCaseAndFoundInAnyCase) {
    EXPECT_EQ(run(count_users(pool(), soon())), 0);
    add("Admin@Example.org");
    const auto user = run(find_user(pool(), "ADMIN@example.ORG", soon()));
    ASSERT_TRUE(user);
    EXPECT_EQ(user->email, "admin@example.org");
    EXPECT_EQ(user->hashed_password, "$2a$10$hash");
    EXPECT_EQ(user->role, model::Role::admin);
    EXPECT_FALSE(user->has_token);
    EXPECT_FALSE(run(find_user(pool(), "other@example.org", soon())));
    EXPECT_THROW(add("ADMIN@example.org"), pg::UniqueViolation);
    EXPECT_EQ(run(count_users(pool(), soon())), 1);
}

TEST_F(Users, TheyAreListedByAddressWithTheirRoles) {
    add("b@x", model::Role::view);
    add("a@x", model::Role::run);
    const auto users = run(list_users(pool(), soon()));
    ASSERT_EQ(users.size(), 2U);
    EXPECT_EQ(users[0].email, "a@x");
    EXPECT_EQ(users[0].role, model::Role::run);
    EXPECT_EQ(users[1].role, model::Role::view);
}

TEST_F(Users, ATokenLeadsToItsUser) {
    add("a@x");
    add("b@x");
    database().run(
        "update users set token_key = 'key', token_salt = 'salt', token_hashed_secret = 'hashed' where email "
        "= "
        "'a@x'");
    const auto token = run(find_token(pool(), "key", soon()));
    ASSERT_TRUE(token);
    EXPECT_EQ(token->user.email, "a@x");
    EXPECT_TRUE(token->user.has_token);
    EXPECT_EQ(token->salt, "salt");
    EXPECT_EQ(token->hashed_secret, "hashed");
    EXPECT_FALSE(run(find_token(pool(), "KEY", soon())));
}

TEST_F(Users, ADeletedTokenOpensNothing) {
    add("a@x");
    // v1.11.0 leaves empty texts behind.
    database().run("update users set token_key = '', token_salt = '', token_hashed_secret = ''");
    EXPECT_FALSE(run(find_token(pool(), "", soon())));
    EXPECT_TRUE(run(find_user(pool(), "a@x", soon()))->has_token)
        << "v1.11.0 still says so then (reference/rest-api.md)";
}

TEST_F(Users, ASessionSlidesWithItsUse) {
    add("a@x", model::Role::edit);
    run(create_session(pool(), "s", "a@x", soon()));
    age("s", "14 minutes");
    const auto check = touch("s");
    EXPECT_EQ(check.state, SessionState::valid);
    ASSERT_TRUE(check.user);
    EXPECT_EQ(check.user->email, "a@x");
    EXPECT_EQ(check.user->role, model::Role::edit);
    EXPECT_EQ(database().value("select now() - last_used < interval '1 minute' from sessions"), "t");
}

TEST_F(Users, AnExpiredSessionStaysExpired) {
    add("a@x");
    run(create_session(pool(), "s", "a@x", soon()));
    age("s", "16 minutes");
    EXPECT_EQ(touch("s").state, SessionState::expired);
    EXPECT_EQ(touch("s").state, SessionState::expired) << "asking did not renew it";
}

TEST_F(Users, AnUnknownSessionIsUnknown) {
    add("a@x");
    run(create_session(pool(), "s", "a@x", soon()));
    EXPECT_EQ(touch("t").state, SessionState::unknown);
    EXPECT_FALSE(touch("t").user);
    run(delete_session(pool(), "s", soon()));
    EXPECT_EQ(touch("s").state, SessionState::unknown);
}

TEST_F(Users, SessionsAreWrittenWithoutLeading) {
    add("a@x");
    lose_leadership();
    run(create_session(pool(), "s", "a@x", soon()));
    EXPECT_EQ(touch("s").state, SessionState::valid);
    EXPECT_THROW(add("b@x"), pg::FenceRefused) << "accounts are the leader's";
}

TEST_F(Users, ForgottenSessionsAreReaped) {
    add("a@x");
    for (const auto* id : {"new", "old"})
        run(create_session(pool(), id, "a@x", soon()));
    age("old", "241 hours");
    run(reap_sessions(pool(), std::chrono::hours(240), soon()));
    EXPECT_EQ(database().value("select string_agg(id, ',') from sessions"), "new");
}

TEST_F(Users, ASecurityKeyIsASecondFactor) {
    add("a@x");
    EXPECT_FALSE(run(has_second_factor(pool(), "a@x", soon())));
    database().run("insert into web_authns (email, public_key_data) values ('a@x', '{}')");
    EXPECT_TRUE(run(has_second_factor(pool(), "A@x", soon())));
}

}  // namespace
}  // namespace baton::store

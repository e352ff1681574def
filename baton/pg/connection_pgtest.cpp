#include "baton/pg/connection.hpp"

#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/pg/connection_impl.hpp"
#include "testing/database.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

namespace baton::pg {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class ConnectionTest : public test::DatabaseTest {
  protected:
    std::unique_ptr<Connection> open_with(const std::string& query) {
        SessionOptions options = database().session_options();
        options.url = DatabaseUrl::parse(Secret(url_with(query)));
        return run(Connection::open(options, soon()));
    }
    /// The database's URL with one more parameter.
    std::string url_with(const std::string& query) {
        const std::string& url = database().url();
        return url + (url.find('?') == std::string::npos ? "?" : "&") + query;
    }
    Result ask(Connection& session, std::string sql) { return run(session.query(std::move(sql), soon())); }
    std::string value(Connection& session, std::string sql) { return ask(session, std::move(sql))[0].str(0); }
};

Statement statement(std::string sql) {
    Statement made;
    made.sql = std::move(sql);
    return made;
}

TEST_F(ConnectionTest, ValuesGoThereAndBack) {
    const auto session = open();
    const auto id = *Uuid::parse("a5ac14e8-7629-4726-b1f1-1ae053fc829e");
    const BigInt big("115792089237316195423570985008687907853269984665640564039457584007913129639935");
    const WallTime time = WallTime(1641092645000006us);
    ArrayParam texts;
    texts.add("a\"b\\c").add_null().add("").add("NULL");
    Params params;
    params.add(true).add(-7).add(std::int64_t(1) << 62).add(big).add(Bytes{0, 1, 255}).add(id).add(time);
    params.add_null().add(texts.text()).add("it's \\ text");
    const auto rows = run(
        session->query("select $1::bool, $2::int, $3::bigint, $4::numeric(78,0), $5::bytea, $6::uuid, "
                       "$7::timestamptz, $8::text, "
                       "$9::text[], $10::text, 0.1::float8, ($7::timestamptz at time zone 'UTC')::timestamp",
                       std::move(params), soon()));
    ASSERT_EQ(rows.size(), 1);
    const Row row = rows[0];
    EXPECT_TRUE(row.boolean(0));
    EXPECT_EQ(row.int32(1), -7);
    EXPECT_EQ(row.int64(2), std::int64_t(1) << 62);
    EXPECT_EQ(row.big(3), big);
    EXPECT_EQ(row.bytes(4), (Bytes{0, 1, 255}));
    EXPECT_EQ(row.uuid(5), id);
    EXPECT_EQ(row.time(6), time);
    EXPECT_EQ(row.opt_str(7), std::nullopt);
    EXPECT_EQ(row.array(8), (std::vector<std::optional<std::string>>{"a\"b\\c", std::nullopt, "", "NULL"}));
    EXPECT_EQ(row.text(9), "it's \\ text");
    EXPECT_EQ(row.float64(10), 0.1);
    EXPECT_EQ(row.time(11), time);
}

TEST_F(ConnectionTest, ReadersRefuseWhatDoesNotFitWithoutShowingIt) {
    const auto session = open();
    const auto rows = ask(*session, "select 5000000000 as big, null::int as none, 'hunter2' as word");
    EXPECT_THROW((void)rows[0].int32(0), DatabaseError);
    EXPECT_THROW((void)rows[0].int32(1), DatabaseError);
    EXPECT_THROW((void)rows[0].text(3), DatabaseError);
    try {
        (void)rows[0].uuid(2);
        FAIL() << "a word is no UUID";
    } catch (const DatabaseError& error) {
        EXPECT_THAT(error.what(), HasSubstr("\"word\""));
        EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
    }
}

TEST_F(ConnectionTest, TheUrlsRunTimeParametersArriveUnchanged) {
    // "a b\c" and public, as an identifier with a blank and a backslash.
    const auto session = open_with("search_path=%22a%20b%5Cc%22,%20public&TimeZone=Asia/Tokyo");
    EXPECT_EQ(value(*session, "show search_path"), "\"a b\\c\", public");
    EXPECT_EQ(value(*session, "show TimeZone"), "UTC") << "times are read as UTC";
    EXPECT_EQ(value(*session, "show application_name"), "baton-test");
}

TEST_F(ConnectionTest, SettingsOfTheSessionAreMade) {
    SessionOptions options = database().session_options();
    options.settings = {{"statement_timeout", "0"}, {"search_path", "it's, here"}};
    const auto session = run(Connection::open(options, soon()));
    EXPECT_EQ(value(*session, "show search_path"), "it's, here");
}

TEST_F(ConnectionTest, CommitsAreMadeDurableWhereTheyWereNot) {
    EXPECT_EQ(value(*open_with("synchronous_commit=off"), "show synchronous_commit"), "on");
    EXPECT_EQ(value(*open_with("synchronous_commit=local"), "show synchronous_commit"), "on");
    EXPECT_EQ(value(*open_with("synchronous_commit=remote_apply"), "show synchronous_commit"),
              "remote_apply");
}

TEST_F(ConnectionTest, APipelineGivesItsResultsInOrder) {
    const auto session = open();
    std::vector<Statement> statements;
    statements.push_back(statement("create table t (n int)"));
    for (int n = 0; n < 3; ++n) {
        statements.push_back(statement("insert into t values ($1)"));
        statements.back().params.add(n);
    }
    statements.push_back(statement("select n from t order by n"));
    const auto results = run(session->pipeline(std::move(statements), soon()));
    ASSERT_EQ(results.size(), 5u);
    EXPECT_EQ(results[1].affected(), 1);
    EXPECT_EQ(results[4].size(), 3);
    EXPECT_EQ(results[4][2].int32(0), 2);
}

TEST_F(ConnectionTest, AFailedPipelineLeavesNothingBehindAndTheSessionUsable) {
    const auto session = open();
    ask(*session, "create table t (n int primary key)");
    std::vector<Statement> statements;
    statements.push_back(statement("insert into t values (1)"));
    statements.push_back(statement("insert into t values (1) returning n"));
    statements.push_back(statement("insert into nowhere values (1)"));
    EXPECT_THROW(run(session->pipeline(std::move(statements), soon())), UniqueViolation)
        << "the first error counts";
    EXPECT_TRUE(session->reusable());
    EXPECT_EQ(value(*session, "select count(*) from t"), "0");
    EXPECT_EQ(run(session->pipeline({}, soon())).size(), 0u);
}

TEST_F(ConnectionTest, AnswersLargerThanTheSocketsDoNotBlockTheSending) {
    const auto session = open();
    std::vector<Statement> statements;
    for (int i = 0; i < 1000; ++i) {
        statements.push_back(statement("select $1::text"));
        statements.back().params.add(std::string(20'000, 'x'));
    }
    const auto results = run(session->pipeline(std::move(statements), soon()));
    ASSERT_EQ(results.size(), 1000u);
    EXPECT_EQ(results[999][0].text(0).size(), 20'000u);
}

TEST_F(ConnectionTest, StatementsArePreparedOncePerText) {
    const auto session = open();
    const std::string count = "select count(*) from pg_prepared_statements where statement like '%twice%'";
    std::vector<Statement> statements;
    statements.push_back(statement("select 'twice'"));
    statements.push_back(statement("select 'twice'"));
    run(session->pipeline(std::move(statements), soon()));
    ask(*session, "select 'twice'");
    EXPECT_EQ(value(*session, count), "2") << "the text itself and the one that asks";
}

TEST_F(ConnectionTest, OldPreparedStatementsAreGivenUp) {
    const auto session = open();
    for (std::size_t i = 0; i < 2; ++i) {
        std::vector<Statement> statements;
        for (std::size_t k = 0; k < most_prepared_statements; ++k) {
            statements.push_back(statement("select " + std::to_string(i * most_prepared_statements + k)));
        }
        run(session->pipeline(std::move(statements), soon()));
    }
    ask(*session, "select 'one more'");
    const auto held = ask(*session, "select count(*) from pg_prepared_statements")[0].int64(0);
    EXPECT_LE(held, static_cast<std::int64_t>(most_prepared_statements) + 1);
    EXPECT_EQ(value(*session, "select 0"), "0") << "forgotten, so prepared anew";
}

TEST_F(ConnectionTest, WhatCouldNotBePreparedIsTriedAgain) {
    const auto session = open();
    EXPECT_THROW(ask(*session, "select n from later"), StatementFailed);
    ask(*session, "create table later (n int)");
    EXPECT_TRUE(ask(*session, "select n from later").empty());
}

TEST_F(ConnectionTest, ASessionWhosePlansTheTablesOutgrewIsNotHandedOn) {
    const auto session = open();
    ask(*session, "create table t (a int)");
    ask(*session, "select * from t");
    database().run("alter table t add column b int");
    EXPECT_THROW(ask(*session, "select * from t"), StatementFailed);
    EXPECT_TRUE(session->usable());
    EXPECT_FALSE(session->reusable());
}

template <typename Error>
void expect_error(ConnectionTest&, const std::function<void()>& act, const std::string& sqlstate,
                  const std::string& constraint = "") {
    try {
        act();
        ADD_FAILURE() << "nothing was thrown in place of SQLSTATE " << sqlstate;
    } catch (const Error& error) {
        EXPECT_EQ(error.sqlstate(), sqlstate);
        EXPECT_EQ(error.constraint(), constraint);
        EXPECT_THAT(error.what(), HasSubstr("SQLSTATE " + sqlstate));
    } catch (const std::exception& error) {
        ADD_FAILURE() << "another error in place of SQLSTATE " << sqlstate << ": " << error.what();
    }
}

TEST_F(ConnectionTest, ErrorsAreToldApart) {
    const auto session = open();
    database().run(R"(
        create table parent (secret text constraint parent_key primary key);
        create table child (secret text constraint child_fk references parent);
        insert into parent values ('hunter2');
        create table locked (n int))");
    const auto sql = [&](const std::string& text) { return [&, text] { ask(*session, text); }; };
    expect_error<UniqueViolation>(*this, sql("insert into parent values ('hunter2')"), "23505", "parent_key");
    expect_error<ForeignKeyViolation>(*this, sql("insert into child values ('x')"), "23503", "child_fk");
    expect_error<FenceRefused>(
        *this, sql("do $$ begin raise exception 'led by another' using errcode = 'BT001'; end $$"), "BT001");
    expect_error<StatementFailed>(*this, sql("select 1/0"), "22012");
    expect_error<StatementFailed>(*this, sql("selec 1"), "42601");
    ask(*session, "set default_transaction_read_only = on");
    expect_error<ReadOnly>(*this, sql("insert into locked values (1)"), "25006");
    ask(*session, "set default_transaction_read_only = off");
    ask(*session, "set statement_timeout = '10ms'");
    expect_error<QueryTimedOut>(*this, sql("select pg_sleep(60)"), "57014");
    ask(*session, "set statement_timeout = 0");
    ask(*session, "set lock_timeout = '10ms'");
    const auto other = open();
    ask(*other, "begin");
    ask(*other, "lock table locked");
    expect_error<QueryTimedOut>(*this, sql("insert into locked values (1)"), "55P03");
    EXPECT_TRUE(session->reusable());
}

TEST_F(ConnectionTest, MessagesNameTheStatementButNoValues) {
    const auto session = open();
    ask(*session, "create table t (secret text constraint t_key primary key)");
    ask(*session, "insert into t values ('hunter2')");
    Params params;
    params.add("hunter2");
    try {
        run(session->query("insert into t\nvalues ($1)", std::move(params), soon()));
        FAIL();
    } catch (const UniqueViolation& error) {
        EXPECT_THAT(error.what(), HasSubstr("insert into t values ($1)"));
        EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
    }
}

TEST_F(ConnectionTest, ADeadlineInTheMiddleClosesTheSession) {
    const auto session = open();
    EXPECT_THROW(run(session->query("select pg_sleep(60)", async::Deadline::after(20ms))), QueryTimedOut);
    EXPECT_FALSE(session->usable());
    EXPECT_THROW(ask(*session, "select 1"), ConnectionLost);
}

TEST_F(ConnectionTest, ADeadlineThatHasPassedBeforeSendsNothing) {
    const auto session = open();
    EXPECT_THROW(run(session->query("create table t (n int)", async::Deadline::after(0ns))), QueryTimedOut);
    EXPECT_TRUE(session->usable());
    EXPECT_EQ(value(*session, "select to_regclass('t') is null"), "t");
}

async::Task<void> query_only(Connection* session, std::string sql) {
    co_await session->query(std::move(sql), async::Deadline::never());
}

TEST_F(ConnectionTest, CancellationInTheMiddleClosesTheSession) {
    const auto session = open();
    async::TaskGroup group(loop().executor());
    group.spawn("sleep", query_only(session.get(), "select pg_sleep(60)"));
    loop().poll();
    run(group.stop());
    EXPECT_FALSE(session->usable());
}

TEST_F(ConnectionTest, OneTaskAtATime) {
    const auto session = open();
    async::TaskGroup group(loop().executor());
    group.spawn("sleep", query_only(session.get(), "select pg_sleep(60)"));
    loop().poll();
    EXPECT_THROW(ask(*session, "select 1"), std::logic_error);
    run(group.stop());
}

TEST_F(ConnectionTest, AnEndedSessionIsReportedAsLost) {
    const auto session = open();
    const auto pid = std::to_string(session->backend_pid());
    database().run("select pg_terminate_backend(" + pid + ", 10000)");
    EXPECT_FALSE(session->reusable()) << "seen without asking the server";
    EXPECT_THROW(ask(*session, "select 1"), ConnectionLost);

    const auto busy = open();
    async::TaskGroup group(loop().executor());
    std::string told;
    async::TaskGroup watched(loop().executor(), [&](const std::string&, std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const ConnectionLost& lost) {
            told = lost.what();
        }
    });
    watched.spawn("sleep", query_only(busy.get(), "select pg_sleep(60)"));
    loop().poll();
    database().run("select pg_terminate_backend(" + std::to_string(busy->backend_pid()) + ", 10000)");
    run(watched.join());
    EXPECT_THAT(told, HasSubstr("terminating connection")) << "the server's own reason";
    EXPECT_FALSE(busy->usable());
}

TEST_F(ConnectionTest, ScriptsRunSeveralStatements) {
    const auto session = open();
    run(session->execute_script("create table t (n int); insert into t values (1), (2)", soon()));
    EXPECT_EQ(value(*session, "select count(*) from t"), "2");
    EXPECT_THROW(run(session->execute_script("insert into t values (3); select 1/0", soon())),
                 StatementFailed);
    EXPECT_TRUE(session->reusable());
    EXPECT_EQ(value(*session, "select count(*) from t"), "2") << "a script is one transaction";
}

async::Task<void> collect(Connection* session, std::vector<std::string>* seen, std::size_t count) {
    while (seen->size() < count) {
        const Notification notification = co_await session->notification();
        seen->push_back(notification.channel + ":" + notification.payload);
    }
}

TEST_F(ConnectionTest, NotificationsArriveAlsoThoseThatCameWithAnAnswer) {
    const auto session = open();
    ask(*session, "listen news");
    database().run("notify news, 'one'; notify news, 'two'");
    ask(*session, "select 1");
    std::vector<std::string> seen;
    run(collect(session.get(), &seen, 2));
    async::TaskGroup group(loop().executor());
    group.spawn("collect", collect(session.get(), &seen, 3));
    loop().poll();
    database().run("notify news, 'three'");
    run(group.join());
    EXPECT_EQ(seen, (std::vector<std::string>{"news:one", "news:two", "news:three"}));
}

TEST_F(ConnectionTest, WaitingForNotificationsCanBeCancelledAndGivenUp) {
    const auto session = open();
    ask(*session, "listen news");
    std::vector<std::string> seen;
    {
        async::TaskGroup group(loop().executor());
        group.spawn("collect", collect(session.get(), &seen, 1));
        loop().poll();
        run(group.stop());
    }
    EXPECT_EQ(value(*session, "select 1"), "1") << "nothing was under way, so the session stays";
    database().run("select pg_terminate_backend(" + std::to_string(session->backend_pid()) + ", 10000)");
    EXPECT_THROW(run(session->notification()), ConnectionLost);
    EXPECT_FALSE(session->usable());
}

TEST_F(ConnectionTest, KnowsItsServer) {
    const auto session = open();
    const auto identity = run(session->identity(soon()));
    EXPECT_EQ(identity.system_identifier,
              database().value("select system_identifier from pg_control_system()"));
    EXPECT_EQ(identity.timeline.size(), 8u);
    EXPECT_GE(identity.version, 110000);
}

TEST_F(ConnectionTest, IdentityIsEmptyWhereTheRoleMayNotLook) {
    const auto session = open();
    database().run(
        "create role baton_test_curious; revoke execute on function pg_control_system() from public;"
        "revoke execute on function pg_current_wal_lsn() from public");
    ask(*session, "set role baton_test_curious");
    const auto identity = run(session->identity(soon()));
    ask(*session, "reset role");
    database().run("drop role baton_test_curious");
    EXPECT_EQ(identity, ServerIdentity{});
    EXPECT_GT(identity.version, 0);
}

/// Accepts TCP connections in the kernel and never says a word.
class SilentServer {
  public:
    SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(socket_, 8), 0);
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~SilentServer() { ::close(socket_); }
    std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }

  private:
    int socket_;
    int port_ = 0;
};

TEST_F(ConnectionTest, AServerThatDoesNotAnswerLeavesTimeForTheNext) {
    const SilentServer silent;
    SessionOptions options = database().session_options();
    const auto host = options.url.libpq.at("host");
    const auto port = options.url.libpq.at("port");
    options.url.libpq["host"] = "127.0.0.1," + host;
    options.url.libpq["port"] = silent.host_port().substr(10) + "," + port;
    options.connect_timeout = 50ms;
    const auto session = run(Connection::open(options, soon()));
    EXPECT_EQ(value(*session, "select 1"), "1");
}

std::string failure_of(async::Loop& loop, const std::string& url, async::Deadline deadline) {
    SessionOptions options;
    options.url = DatabaseUrl::parse(Secret(url));
    try {
        loop.run_until_done(Connection::open(options, deadline));
    } catch (const ConnectionLost& error) {
        return error.what();
    }
    return "connected";
}

TEST_F(ConnectionTest, FailuresToConnectNameEveryServerAndNoPassword) {
    const SilentServer silent;
    std::string closed;
    {
        const SilentServer gone;
        closed = gone.host_port();
    }
    const auto text =
        failure_of(loop(), "postgresql://node:hunter2@" + silent.host_port() + "," + closed + "/d",
                   async::Deadline::after(60ms));
    EXPECT_THAT(text, HasSubstr(silent.host_port() + ": no answer in time"));
    EXPECT_THAT(text, HasSubstr(closed + ": "));
    EXPECT_THAT(text, HasSubstr("refused"));
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
    EXPECT_THAT(failure_of(loop(), "postgresql://one,two/d?port=1,2,3", soon()), HasSubstr("have to agree"));
    EXPECT_THAT(failure_of(loop(), url_with("no_such_parameter=1"), soon()), HasSubstr("no_such_parameter"));
}

TEST_F(ConnectionTest, PrefersAStandbyButTakesWhatThereIs) {
    SessionOptions options = database().session_options();
    options.url.libpq["target_session_attrs"] = "prefer-standby";
    EXPECT_EQ(value(*run(Connection::open(options, soon())), "select pg_is_in_recovery()"), "f");
    options.url.libpq["target_session_attrs"] = "standby";
    EXPECT_THROW(run(Connection::open(options, soon())), ConnectionLost);
}

}  // namespace
}  // namespace baton::pg

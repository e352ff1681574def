#pragma once

#include "baton/async/loop.hpp"
#include "baton/pg/connection.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

// namespace baton::test, because baton::testing would hide ::testing of GoogleTest in every test.
namespace baton::test {

/// An empty database of a fresh name on the server of BATON_TEST_DATABASE_URL; dropped at the end, sessions
/// and all. The role of the URL has to be allowed to create databases. Blocks; failures throw
/// pg::DatabaseError.
class TestDatabase {
  public:
    /// As a copy of another one when its name is given; nobody may be connected to that one.
    explicit TestDatabase(const std::string& copy_of = "");
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    /// False when BATON_TEST_DATABASE_URL is not set; see SKIP_WITHOUT_POSTGRES.
    static bool available();

    const std::string& name() const { return name_; }
    /// postgresql://... of this database.
    const std::string& url() const { return url_; }
    /// For pg::Connection and pg::Pool; application_name is "baton-test".
    pg::SessionOptions session_options() const;

    /// Statements separated by semicolons, on a session of its own beside those of the test.
    void run(std::string sql);
    /// First column of the first row, "" when there is none or it is NULL.
    std::string value(std::string sql);
    /// Ends the own session, so that this database can be copied; run() and value() are over then.
    void disconnect();

  private:
    std::string name_;
    std::string url_;
    async::Loop loop_;
    std::unique_ptr<pg::Connection> session_;
};

/// Ends the current test as skipped, with the reason, when there is no PostgreSQL to test with. Only in
/// SetUp() and in bodies of tests.
#define SKIP_WITHOUT_POSTGRES()                    \
    if (!::baton::test::TestDatabase::available()) \
    GTEST_SKIP() << "needs PostgreSQL: set BATON_TEST_DATABASE_URL to a URL whose role may create databases"

/// A fixture with a database per test and a loop to run tasks on.
class DatabaseTest : public ::testing::Test {
  protected:
    void SetUp() override {
        SKIP_WITHOUT_POSTGRES();
        database_ = std::make_unique<TestDatabase>(template_database());
    }
    /// What each test starts from: the name of a database to copy, "" for an empty one.
    virtual std::string template_database() { return ""; }

    async::Loop& loop() { return loop_; }
    TestDatabase& database() { return *database_; }
    /// Runs the task to its end on the loop; gives its value or throws its error.
    template <typename T>
    T run(async::Task<T> task) {
        return loop_.run_until_done(std::move(task));
    }
    std::unique_ptr<pg::Connection> open() {
        return run(pg::Connection::open(database().session_options(), soon()));
    }
    /// Long enough for anything that works.
    static async::Deadline soon() { return async::Deadline::after(std::chrono::seconds(20)); }

  private:
    // The loop goes last: what tests leave on it may use sessions.
    async::Loop loop_;
    std::unique_ptr<TestDatabase> database_;
};

}  // namespace baton::test

#include "testing/database.hpp"

#include "baton/base/random.hpp"
#include "baton/pg/url.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>

namespace baton::test {

namespace {

std::string server_url() {
    const char* url = std::getenv("BATON_TEST_DATABASE_URL");
    return url ? url : "";
}

/// The same URL with another database.
std::string with_database(const std::string& url, const std::string& name) {
    const auto authority = url.find("://") + 3;
    const auto query = std::min(url.find('?', authority), url.size());
    const auto path = std::min(url.find('/', authority), query);
    return url.substr(0, path) + "/" + name + url.substr(query);
}

pg::SessionOptions options_for(const std::string& url) {
    pg::SessionOptions options;
    options.url = pg::DatabaseUrl::parse(Secret(url));
    options.application_name = "baton-test";
    return options;
}

async::Deadline patience() {
    return async::Deadline::after(std::chrono::seconds(60));
}

async::Task<std::string> first_value(pg::Connection* session, std::string sql) {
    const auto rows = co_await session->query(std::move(sql), patience());
    co_return rows.empty() || rows[0].is_null(0) ? "" : rows[0].str(0);
}

}  // namespace

bool TestDatabase::available() {
    return !server_url().empty();
}

TestDatabase::TestDatabase(const std::string& copy_of)
    : name_("baton_test_" + to_hex(Random::system().bytes(6))) {
    url_ = with_database(server_url(), name_);
    session_ = loop_.run_until_done(pg::Connection::open(options_for(server_url()), patience()));
    run("create database " + name_ + (copy_of.empty() ? "" : " template " + copy_of));
    session_ = loop_.run_until_done(pg::Connection::open(options_for(url_), patience()));
}

TestDatabase::~TestDatabase() {
    try {
        session_ = loop_.run_until_done(pg::Connection::open(options_for(server_url()), patience()));
        run("drop database if exists " + name_ + " with (force)");
    } catch (const std::exception& error) {
        ADD_FAILURE() << "cannot drop the test database " << name_ << ": " << error.what();
    }
}

pg::SessionOptions TestDatabase::session_options() const {
    return options_for(url_);
}

void TestDatabase::run(std::string sql) {
    loop_.run_until_done(session_->execute_script(std::move(sql), patience()));
}

void TestDatabase::disconnect() {
    session_.reset();
    loop_.poll();
}

std::string TestDatabase::value(std::string sql) {
    return loop_.run_until_done(first_value(session_.get(), std::move(sql)));
}

}  // namespace baton::test

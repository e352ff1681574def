#pragma once

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace baton::store {

/// Name of an object in the catalogue -> everything about it that is compared, as one line of text.
using Objects = std::map<std::string, std::string>;

/// For tests of db/product: an empty database of its own on the server of BATON_TEST_DATABASE_URL, dropped at
/// the end, and one blocking session in it (time zone UTC). Blocking libpq instead of baton/pg, so that these
/// tests judge the SQL alone. Not thread-safe. Failures throw std::runtime_error with the server's message.
class ProductDatabase {
  public:
    ProductDatabase();
    ~ProductDatabase();
    ProductDatabase(const ProductDatabase&) = delete;
    ProductDatabase& operator=(const ProductDatabase&) = delete;

    /// Runs every file of db/product in one transaction, as on an empty database.
    void create_product_schema();

    /// One or more statements; all have to succeed.
    void run(const std::string& sql);
    /// First column of the only row; NULL reads as "NULL".
    std::string value(const std::string& sql);
    /// Rows of two columns: name and description. A name that comes twice throws.
    Objects objects(const std::string& sql);
    /// Within an open transaction: the SQLSTATE with which the server refuses `sql`, or "" when it accepts
    /// it. What `sql` did is undone either way.
    std::string refusal(const std::string& sql);
    /// Channel and payload of what LISTEN has brought so far; the session's own commits have arrived with
    /// their answer.
    std::vector<std::pair<std::string, std::string>> notifications();

  private:
    struct Close {
        void operator()(PGconn* connection) const { PQfinish(connection); }
    };
    struct Clear {
        void operator()(PGresult* result) const { PQclear(result); }
    };
    using Session = std::unique_ptr<PGconn, Close>;
    using Answer = std::unique_ptr<PGresult, Clear>;

    static Session connect(const char* database_name);
    static Answer execute(PGconn* session, const std::string& sql);

    std::string name_;
    Session session_;
};

inline ProductDatabase::Session ProductDatabase::connect(const char* database_name) {
    const char* url = std::getenv("BATON_TEST_DATABASE_URL");
    if (!url)
        throw std::runtime_error(
            "BATON_TEST_DATABASE_URL is not set: give the URL of a database of a superuser");
    // The later dbname wins over the one within the URL.
    const char* keywords[] = {"dbname", "dbname", nullptr};
    const char* values[] = {url, database_name, nullptr};
    if (!database_name) keywords[1] = nullptr;
    Session session(PQconnectdbParams(keywords, values, 1));
    if (PQstatus(session.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(session.get()));
    PQsetNoticeProcessor(
        session.get(), [](void*, const char*) {}, nullptr);
    execute(session.get(), "set time zone 'UTC'");
    return session;
}

inline ProductDatabase::Answer ProductDatabase::execute(PGconn* session, const std::string& sql) {
    Answer answer(PQexec(session, sql.c_str()));
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error(PQerrorMessage(session) + ("in: " + sql.substr(0, 300)));
    return answer;
}

inline ProductDatabase::ProductDatabase() {
    static int count = 0;
    name_ = "baton_product_" + std::to_string(getpid()) + "_" + std::to_string(++count);
    execute(connect(nullptr).get(), "create database " + name_ + " template template0");
    session_ = connect(name_.c_str());
}

inline ProductDatabase::~ProductDatabase() {
    session_.reset();
    try {
        execute(connect(nullptr).get(), "drop database " + name_ + " with (force)");
    } catch (const std::runtime_error&) {
        // The server is gone; the test that noticed has failed already.
    }
}

inline void ProductDatabase::create_product_schema() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(BATON_SOURCE_DIR "/db/product"))
        if (entry.path().extension() == ".sql") files.push_back(entry.path());
    if (files.empty()) throw std::runtime_error("no *.sql in " BATON_SOURCE_DIR "/db/product");
    std::sort(files.begin(), files.end());
    run("begin");
    for (const auto& file : files) {
        std::ifstream in(file);
        std::ostringstream text;
        text << in.rdbuf();
        run(text.str());
    }
    run("commit");
}

inline void ProductDatabase::run(const std::string& sql) {
    execute(session_.get(), sql);
}

inline std::string ProductDatabase::value(const std::string& sql) {
    const Answer answer = execute(session_.get(), sql);
    if (PQntuples(answer.get()) != 1) throw std::runtime_error("not exactly one row: " + sql);
    return PQgetisnull(answer.get(), 0, 0) ? "NULL" : PQgetvalue(answer.get(), 0, 0);
}

inline Objects ProductDatabase::objects(const std::string& sql) {
    const Answer answer = execute(session_.get(), sql);
    Objects objects;
    for (int row = 0; row < PQntuples(answer.get()); ++row) {
        const std::string name = PQgetvalue(answer.get(), row, 0);
        if (PQgetisnull(answer.get(), row, 1)) throw std::runtime_error("no description of " + name);
        if (!objects.emplace(name, PQgetvalue(answer.get(), row, 1)).second)
            throw std::runtime_error("twice in the catalogue: " + name);
    }
    return objects;
}

inline std::string ProductDatabase::refusal(const std::string& sql) {
    run("savepoint attempt");
    const Answer answer(PQexec(session_.get(), sql.c_str()));
    const char* state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
    std::string refusal = state ? state : "";
    run("rollback to savepoint attempt; release savepoint attempt");
    return refusal;
}

inline std::vector<std::pair<std::string, std::string>> ProductDatabase::notifications() {
    PQconsumeInput(session_.get());
    std::vector<std::pair<std::string, std::string>> got;
    while (PGnotify* one = PQnotifies(session_.get())) {
        got.emplace_back(one->relname, one->extra);
        PQfreemem(one);
    }
    return got;
}

}  // namespace baton::store

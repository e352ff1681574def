#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace baton::store {

/// Name of an object in the catalogue -> everything about it that is compared, as one line of text.
using Objects = std::map<std::string, std::string>;

/// For tests of db/product: an empty database of its own on the server of BATON_TEST_DATABASE_URL, dropped at the end,
/// and one blocking session in it (time zone UTC). Blocking libpq instead of baton/pg, so that these tests judge the
/// SQL alone. Not thread-safe. Failures throw std::runtime_error with the server's message.
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
    /// Within an open transaction: the SQLSTATE with which the server refuses `sql`, or "" when it accepts it. What `sql`
    /// did is undone either way.
    std::string refusal(const std::string& sql);
    /// Channel and payload of what LISTEN has brought so far; the session's own commits have arrived with their answer.
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

}  // namespace baton::store

#pragma once

#include "baton/base/secret.hpp"

#include <map>
#include <string>
#include <vector>

namespace baton::pg {

/// A parsed DATABASE_URL (postgres:// or postgresql://, several hosts allowed, or empty for libpq's
/// defaults). Query keys that libpq knows go to libpq; all others become run-time parameters of every
/// session, as in v1.11.0 (reference/lifecycle-and-locking.md section 8).
struct DatabaseUrl {
    /// libpq keyword -> value (host, port, user, password, dbname, sslmode, ...). Holds the password: never
    /// printed.
    std::map<std::string, std::string> libpq;
    /// Run-time parameter -> value (search_path, ...).
    std::map<std::string, std::string> runtime;

    /// Throws InvalidInput naming what is malformed, without the password.
    static DatabaseUrl parse(const Secret& text);
    /// For log lines: user, hosts and database, the password as "xxxxx".
    std::string redacted() const;
    std::string password() const;
};

}  // namespace baton::pg

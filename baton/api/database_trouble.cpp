#include "baton/api/database_trouble.hpp"

#include "baton/pg/error.hpp"

namespace baton::api {

namespace {

template <typename T>
bool is(const std::exception& error) {
    return dynamic_cast<const T*>(&error) != nullptr;
}

/// Classes of SQLSTATE: insufficient resources, operator intervention, system error.
bool is_of_server(const std::string& sqlstate) {
    return sqlstate.starts_with("53") || sqlstate.starts_with("57") || sqlstate.starts_with("58");
}

}  // namespace

bool is_database_trouble(const std::exception& error) {
    if (const auto* failed = dynamic_cast<const pg::StatementFailed*>(&error))
        return is<pg::QueryTimedOut>(error) || is<pg::ReadOnly>(error) || is_of_server(failed->sqlstate());
    // TimedOut: every session stayed in use.
    return is<pg::ConnectionLost>(error) || is<TimedOut>(error);
}

}  // namespace baton::api

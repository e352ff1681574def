#pragma once

#include <exception>

namespace baton::api {

/// The database could not do it at this moment and may soon: it is gone, silent, overloaded, full, read-only.
/// Everything else that it refuses will be refused again.
bool is_database_trouble(const std::exception& error);

}  // namespace baton::api

#pragma once

#include <exception>
#include <string>

namespace baton {

/// what() of an exception that was kept; it is not null.
std::string text_of(const std::exception_ptr& error);

}  // namespace baton

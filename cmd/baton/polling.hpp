#pragma once

#include <chrono>
#include <functional>

namespace baton::cli {

/// Looks every 20 ms until it is so; false when it was not so for that long. Commands talk to the API of an
/// instance, which answers what is and tells nobody when it changes.
bool becomes_so(std::chrono::milliseconds patience, const std::function<bool()>& is_so);

}  // namespace baton::cli

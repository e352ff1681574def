#pragma once

#include "cmd/baton/client.hpp"

#include <string>

namespace baton::cli {

// Who leads, as commands ask and change it through the API of an instance.

/// Asks the instance, which has to lead, to pass the leadership on; an empty name: to whoever waits first.
/// Throws Failure with the reason when nothing changed.
void hand_over_to(Client& client, const std::string& name);

/// Ends the process of the instance, which has to lead and to have this name, at once and with no clean-up.
/// Throws Failure with the reason when it lives on.
void kill_leader(Client& client, const std::string& name);

/// Waits until somebody leads, for a few seconds until it is `expected`, and gives the name; empty when
/// nobody does.
std::string new_leader(Client& client, const std::string& expected);

}  // namespace baton::cli

#pragma once

#include "baton/codec/json.hpp"
#include "cmd/baton/client.hpp"

#include <optional>
#include <string>
#include <vector>

namespace baton::cli {

// Who leads, as commands ask and change it through the API of an instance.

/// The attributes of GET /v2/leadership; nothing when the instance cannot tell at the moment: the next leader
/// ends the sessions of the one before, whose first answers may be errors. Throws Failure when nobody
/// answers.
std::optional<codec::Value> look_at_leadership(Client& client);
/// Name of who leads; empty when nobody does.
std::string leader_name(const codec::Value& leadership);
/// Names of those who wait for the watch lock, in the order of the queue.
std::vector<std::string> names_waiting(const codec::Value& leadership);

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

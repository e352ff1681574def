#pragma once

#include <string>

namespace baton::app {

/// `node db version`, `status`, `migrate`, `rollback`, `reset` (reference/cli.md section 4). The last three
/// take the locks of the leadership, and are refused with the leader's name while somebody leads. `any_name`:
/// --dangerWillRobinson of reset. What they tell goes to stderr. Gives the exit code.
int run_database_command(const std::string& name, bool any_name);

}  // namespace baton::app

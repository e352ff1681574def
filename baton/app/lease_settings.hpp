#pragma once

#include "baton/app/config.hpp"
#include "baton/lease/lease.hpp"

#include <memory>
#include <string>

namespace baton::app {

/// How every session of the instance with this id is opened. `history`: which database its sessions have met;
/// left out for a command that ends soon.
pg::SessionOptions session_options(const Config& config, const Uuid& client_id,
                                   std::shared_ptr<pg::ServerHistory> history = nullptr);
lease::LeaseSettings lease_settings(const Config& config, const Uuid& client_id,
                                    std::shared_ptr<pg::ServerHistory> history = nullptr);
/// Of a command that holds the locks of the leadership, e.g. "node db migrate": its name says which one.
lease::LeaseSettings command_settings(const Config& config, const Uuid& client_id,
                                      const std::string& command);

}  // namespace baton::app

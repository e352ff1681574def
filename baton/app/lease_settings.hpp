#pragma once

#include "baton/app/config.hpp"
#include "baton/lease/lease.hpp"

#include <memory>

namespace baton::app {

/// How every session of the instance with this id is opened. `history`: which database its sessions have met;
/// left out for a command that ends soon.
pg::SessionOptions session_options(const Config& config, const Uuid& client_id,
                                   std::shared_ptr<pg::ServerHistory> history = nullptr);
lease::LeaseSettings lease_settings(const Config& config, const Uuid& client_id,
                                    std::shared_ptr<pg::ServerHistory> history = nullptr);

}  // namespace baton::app

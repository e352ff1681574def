#include "baton/app/lease_settings.hpp"

#include "baton/app/node.hpp"

#include <utility>

namespace baton::app {

pg::SessionOptions session_options(const Config& config, const Uuid& client_id,
                                   std::shared_ptr<pg::ServerHistory> history) {
    pg::SessionOptions options;
    options.url = pg::DatabaseUrl::parse(config.database.url);
    options.application_name = "Baton " + version() + " |App|" + client_id.to_string();
    options.settings.push_back({"lock_timeout", std::to_string(config.database.lock_timeout.count())});
    options.settings.push_back({"idle_in_transaction_session_timeout",
                                std::to_string(config.database.idle_in_transaction_timeout.count())});
    options.history = std::move(history);
    return options;
}

lease::LeaseSettings lease_settings(const Config& config, const Uuid& client_id,
                                    std::shared_ptr<pg::ServerHistory> history) {
    lease::LeaseSettings settings;
    settings.mode = config.database.locking_mode;
    settings.lease_duration = config.database.lease_duration;
    settings.refresh_interval = config.database.lease_refresh_interval;
    settings.advisory_check_interval = config.database.advisory_check_interval;
    settings.advisory_lock_id = config.database.advisory_lock_id;
    settings.suspect_after = config.ha.suspect_after;
    settings.query_timeout = config.database.query_timeout;
    settings.priority = config.ha.priority;
    settings.session = session_options(config, client_id, std::move(history));
    settings.session.settings.clear();
    settings.client_id = client_id;
    settings.name = config.ha.name;
    settings.address = config.ha.advertise_url;
    settings.version = version() + "+" + commit();
    return settings;
}

lease::LeaseSettings command_settings(const Config& config, const Uuid& client_id,
                                      const std::string& command) {
    auto settings = lease_settings(config, client_id);
    settings.name += " (" + command + ")";
    return settings;
}

}  // namespace baton::app

#include "baton/app/database_addresses.hpp"

#include "baton/async/resolve.hpp"
#include "baton/base/error.hpp"
#include "baton/net/address_rules.hpp"

#include <sstream>
#include <vector>

namespace baton::app {

namespace {

std::vector<std::string> hosts_of(const pg::DatabaseUrl& url) {
    std::vector<std::string> hosts;
    for (const char* keyword : {"host", "hostaddr"}) {
        const auto found = url.libpq.find(keyword);
        if (found == url.libpq.end()) continue;
        std::istringstream list(found->second);
        for (std::string host; std::getline(list, host, ',');) {
            const bool path = host.starts_with('/') || host.starts_with('@');
            if (!host.empty() && !path) hosts.push_back(host);
        }
    }
    return hosts;
}

}  // namespace

async::Task<std::set<std::string>> database_addresses(pg::DatabaseUrl url, async::Deadline deadline) {
    std::set<std::string> addresses;
    for (const auto& host : hosts_of(url)) {
        std::vector<std::string> found;
        try {
            found = co_await async::resolve_host(host, deadline);
        } catch (const NotFound&) {
        } catch (const TimedOut&) {
        }
        for (const auto& address : found)
            addresses.insert(net::canonical_address(address));
    }
    co_return addresses;
}

}  // namespace baton::app

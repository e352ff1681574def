#include "baton/lease/lease_notices.hpp"

#include "baton/lease/lease_row.hpp"

#include <utility>

namespace baton::lease {

async::Task<void> listen_for_released_leases(LeaseSettings settings, pg::OwnSchema names,
                                             async::Event* wake) {
    const auto deadline = async::Deadline::after(settings.session.connect_timeout);
    const auto connection = co_await pg::Connection::open(std::move(settings.session), deadline);
    co_await connection->query("listen " + LeaseRow::notify_channel(names), deadline);
    while (true) {
        co_await connection->notification();
        wake->notify();
    }
}

}  // namespace baton::lease

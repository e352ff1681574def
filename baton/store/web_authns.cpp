#include "baton/store/web_authns.hpp"

namespace baton::store {

async::Task<bool> has_second_factor(pg::Pool& pool, std::string email, async::Deadline deadline) {
    pg::Params params;
    params.add(email);
    const auto rows =
        co_await pool.query("select exists (select 1 from web_authns where lower(email) = lower($1))",
                            std::move(params), deadline);
    co_return rows[0].boolean(0);
}

}  // namespace baton::store

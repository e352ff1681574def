#include "baton/api/accounts.hpp"

#include "baton/store/web_authns.hpp"

namespace baton::api {

async::Task<std::optional<model::User>> StoredAccounts::find_user(std::string email,
                                                                  async::Deadline deadline) {
    return store::find_user(*pool_, std::move(email), deadline);
}

async::Task<bool> StoredAccounts::has_second_factor(std::string email, async::Deadline deadline) {
    return store::has_second_factor(*pool_, std::move(email), deadline);
}

async::Task<std::optional<store::TokenRecord>> StoredAccounts::find_token(std::string access_key,
                                                                          async::Deadline deadline) {
    return store::find_token(*pool_, std::move(access_key), deadline);
}

async::Task<void> StoredAccounts::create_session(std::string id, std::string email,
                                                 async::Deadline deadline) {
    return store::create_session(*pool_, std::move(id), std::move(email), deadline);
}

async::Task<void> StoredAccounts::delete_session(std::string id, async::Deadline deadline) {
    return store::delete_session(*pool_, std::move(id), deadline);
}

async::Task<store::SessionCheck> StoredAccounts::touch_session(std::string id,
                                                               std::chrono::nanoseconds timeout,
                                                               async::Deadline deadline) {
    return store::touch_session(*pool_, std::move(id), timeout, deadline);
}

async::Task<void> StoredAccounts::reap_sessions(std::chrono::nanoseconds older_than,
                                                async::Deadline deadline) {
    return store::reap_sessions(*pool_, older_than, deadline);
}

}  // namespace baton::api

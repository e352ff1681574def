#include "baton/lease/machine.hpp"
#include "baton/lease/schemas.hpp"
#include "baton/pg/migrate.hpp"

#include <utility>

namespace baton::lease {

/// Behind a pooler that takes the session away between two transactions no lock could be kept, and no fence
/// could know its holder.
async::Task<void> Machine::open_watch(pg::SessionOptions options, LockSessionLimits limits,
                                      async::Deadline deadline) {
    std::string pooled;
    try {
        co_await watch_.open(options, limits, deadline);
        co_await watch_.refuse_transaction_pooling(options, deadline);
    } catch (const pg::TransactionPooling& error) {
        pooled = error.what();
    }
    if (!pooled.empty()) throw StartRefused(pooled);
}

async::Task<void> Machine::open_sessions() {
    const LockSessionLimits limits{settings_.lease_duration, settings_.suspect_after};
    const auto deadline = async::Deadline::after(settings_.session.connect_timeout);
    // Not compared but decisive.
    auto options = settings_.session;
    options.history.reset();
    co_await open_watch(options, limits, deadline);
    co_await end_backends(watch_, former_backends_, settings_.query_timeout);
    former_backends_.clear();
    former_backends_.push_back(watch_.backend());
    const Schemas found = co_await find_schemas(watch_, settings_.query_timeout);
    names_ = found.names;
    view_.own_schema = found.own_tables;
    own_up_to_date_ = found.own_up_to_date;
    if (model::uses_lease(settings_.mode)) {
        co_await lease_.open(options, limits, deadline);
        former_backends_.push_back(lease_.backend());
        lease_row_.emplace(lease_, names_, settings_.client_id, settings_.lease_duration);
    }
    if (model::uses_advisory_lock(settings_.mode)) {
        co_await advisory_.open(options, limits, deadline);
        former_backends_.push_back(advisory_.backend());
    }
    check_server();
    presence_.set_names(names_);
    if (view_.own_schema) co_await warm_up();
}

/// The first use of a statement or function in a session costs its plan and what the catalogue says of it.
/// Here it costs nobody anything; between the leader's death and the takeover it would.
async::Task<void> Machine::warm_up() {
    // An id that no session carries.
    co_await end_sessions(watch_, names_, id_start(Uuid{}), settings_.query_timeout);
    {
        const auto held = co_await watch_.exclusive();
        const auto schema =
            co_await pg::look_at_product_schema(*held, async::Deadline::after(settings_.query_timeout));
        product_was_complete_ = schema.kind == pg::ProductSchema::complete;
    }
    co_await warm_up_follow_ups();
    if (lease_row_) co_await lease_row_->look(settings_.query_timeout);
    if (model::uses_advisory_lock(settings_.mode)) {
        co_await prepare_to_wait(advisory_, advisory_key(), settings_.query_timeout, with_advisory());
    }
    if (!own_up_to_date_ || (lease_row_ && !lease_row_->table_exists())) co_return;
    if (lease_row_) co_await lease_row_->rehearse_claim(watch_, settings_.query_timeout);
    co_await rehearse_takeover(watch_, names_, takeover_request(), settings_.query_timeout);
}

/// Without the lock they end and find nothing.
async::Task<void> Machine::warm_up_follow_ups() {
    auto statements = follow_ups();
    co_await watch_.pipeline(std::move(statements), settings_.query_timeout);
}

/// The lock sessions say which database it is; all others follow.
void Machine::check_server() {
    const auto& found = watch_.server();
    const bool same_everywhere = (!model::uses_lease(settings_.mode) || lease_.server() == found) &&
                                 (!model::uses_advisory_lock(settings_.mode) || advisory_.server() == found);
    if (!same_everywhere) throw pg::OtherHistory("the lock sessions reached different database servers");
    const auto before = settings_.session.history->known();
    if (!settings_.session.history->adopt(found)) return;
    log_.warn("the database has another history now: it was replaced, restored or failed over",
              {{"systemIdentifier", found.system_identifier},
               {"timeline", found.timeline},
               {"formerTimeline", before->timeline}});
}

}  // namespace baton::lease

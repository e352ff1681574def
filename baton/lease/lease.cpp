#include "baton/lease/lease.hpp"

#include "baton/lease/machine.hpp"

#include <utility>

namespace baton::lease {

struct Leadership::Impl : Machine {
    using Machine::Machine;

    // The machine outlives whoever awaits it.
    static async::Task<void> run(std::shared_ptr<Impl> self) { co_await self->Machine::run(); }
    static async::Task<void> release(std::shared_ptr<Impl> self) { co_await self->Machine::release(); }
    static async::Task<void> hand_over(std::shared_ptr<Impl> self, std::optional<std::string> to) {
        co_await self->Machine::hand_over(std::move(to));
    }
};

Leadership::Leadership(async::Executor executor, pg::Pool& pool, LeaseSettings settings, Hooks hooks,
                       const Clock& clock, Random& random, Metrics& metrics, Logger log)
    : impl_(std::make_shared<Impl>(std::move(executor), pool, std::move(settings), std::move(hooks), clock,
                                   random, metrics, std::move(log))) {}
Leadership::~Leadership() = default;

async::Task<void> Leadership::run() {
    return Impl::run(impl_);
}
async::Task<void> Leadership::release() {
    return Impl::release(impl_);
}
async::Task<void> Leadership::hand_over(std::optional<std::string> to) {
    return Impl::hand_over(impl_, std::move(to));
}
model::LeadershipState Leadership::state() const {
    return impl_->state();
}
bool Leadership::may_act() const {
    return impl_->may_act();
}
async::Deadline Leadership::send_deadline() const {
    return impl_->send_deadline();
}
std::optional<std::chrono::nanoseconds> Leadership::heartbeat_age() const {
    return impl_->heartbeat_age();
}
void Leadership::lost(std::string why) {
    impl_->lost(std::move(why));
}
const pg::OwnSchema& Leadership::schemas() const {
    return impl_->schemas();
}

}  // namespace baton::lease

#include "baton/txm/txm.hpp"

#include "baton/async/event.hpp"
#include "baton/async/run_all.hpp"
#include "baton/async/timer.hpp"
#include "baton/txm/broadcaster.hpp"
#include "baton/txm/confirmer.hpp"
#include "baton/txm/lost_commits.hpp"

namespace baton::txm {

namespace {

constexpr auto pause_after_error = std::chrono::seconds(1);
constexpr auto resend_check = std::chrono::seconds(5);

}  // namespace

struct TransactionManager::Impl {
    Impl(async::Executor run_on, Dependencies use)
        : context(std::move(use), [this] { work.notify(); }),
          lost_commits(context),
          sender(context),
          broadcaster(context, sender, lost_commits),
          confirmer(context, sender),
          work(run_on),
          head_arrived(run_on) {}

    Context context;
    LostCommits lost_commits;
    Sender sender;
    Broadcaster broadcaster;
    Confirmer confirmer;
    async::Event work;
    async::Event head_arrived;
    std::optional<model::Head> newest;

    async::Task<void> take_over();
    async::Task<void> serve_work();
    async::Task<void> serve_heads();
    async::Task<void> serve_resends();
    async::Task<void> serve_reaper();
    async::Task<void> broadcast(bool* all_done);
    async::Task<void> until_done(std::string what, std::function<async::Task<void>()> pass);
};

TransactionManager::TransactionManager(async::Executor executor, Dependencies dependencies)
    : impl_(std::make_shared<Impl>(executor, std::move(dependencies))) {}

TransactionManager::~TransactionManager() = default;

void TransactionManager::wake(const Address&) {
    impl_->work.notify();
}

void TransactionManager::on_head(const model::Head& head) {
    impl_->newest = head;
    impl_->head_arrived.notify();
}

async::Task<void> TransactionManager::run() {
    auto impl = impl_;
    co_await impl->take_over();
    std::vector<async::NamedTask> services;
    services.push_back({"broadcaster", impl->serve_work()});
    services.push_back({"confirmer", impl->serve_heads()});
    services.push_back({"resender", impl->serve_resends()});
    services.push_back({"transaction reaper", impl->serve_reaper()});
    auto all = async::run_all(std::move(services));
    co_await std::move(all);
}

async::Task<void> TransactionManager::Impl::until_done(std::string what,
                                                       std::function<async::Task<void>()> pass) {
    for (;;) {
        const bool done = co_await context.attempt(what, pass());
        if (done) co_return;
        co_await async::sleep_for(pause_after_error);
    }
}

async::Task<void> TransactionManager::Impl::take_over() {
    co_await until_done("looking for transactions that the database lost",
                        [this] { return lost_commits.look(); });
    if (context.use.chain.nonce_auto_sync)
        co_await until_done("nonce synchronisation", [this] { return broadcaster.sync_nonces(); });
    co_await until_done("finishing what was in progress",
                        [this] { return broadcaster.finish_in_progress(); });
    co_await until_done("sending again what is unconfirmed", [this] { return confirmer.resend_all(); });
    work.notify();
}

async::Task<void> TransactionManager::Impl::broadcast(bool* all_done) {
    *all_done = co_await broadcaster.pass();
}

async::Task<void> TransactionManager::Impl::serve_work() {
    for (;;) {
        // The limit covers a lost wake-up: what is found then was written by somebody else.
        co_await work.wait(async::Deadline::after(context.use.chain.fallback_poll));
        bool all_done = false;
        co_await context.attempt("broadcasting transactions", broadcast(&all_done));
        if (all_done) continue;
        co_await async::sleep_for(pause_after_error);
        work.notify();
    }
}

async::Task<void> TransactionManager::Impl::serve_heads() {
    for (;;) {
        co_await head_arrived.wait();
        if (!newest) continue;
        const auto head = *newest;
        co_await context.attempt("confirming transactions", confirmer.pass(head));
    }
}

async::Task<void> TransactionManager::Impl::serve_resends() {
    for (;;) {
        co_await async::sleep_for(resend_check);
        co_await context.attempt("sending transactions again", confirmer.resend_stale());
    }
}

async::Task<void> TransactionManager::Impl::serve_reaper() {
    const auto& chain = context.use.chain;
    if (chain.tx_reaper_interval.count() == 0 || chain.tx_reaper_threshold.count() == 0) co_return;
    for (;;) {
        if (newest && newest->number > chain.finality_depth) {
            const auto final_block = newest->number - chain.finality_depth;
            const auto reap = [](Context* in, std::uint64_t block) -> async::Task<void> {
                co_await store::reap_transactions(in->use.writer, in->chain_id(), block,
                                                  in->use.chain.tx_reaper_threshold);
            };
            co_await context.attempt("deleting old transactions", reap(&context, final_block));
            co_await async::sleep_for(chain.tx_reaper_interval);
        } else {
            co_await async::sleep_for(resend_check);
        }
    }
}

}  // namespace baton::txm

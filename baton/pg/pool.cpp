#include "baton/pg/pool.hpp"

#include "baton/async/event.hpp"
#include "baton/base/error.hpp"

#include <algorithm>
#include <list>
#include <optional>
#include <utility>
#include <vector>

namespace baton::pg {

struct Pool::Impl : std::enable_shared_from_this<Pool::Impl> {
    using ConnectionPointer = std::unique_ptr<Connection>;

    struct Idle {
        ConnectionPointer connection;
        BootClock::time_point since;
    };

    struct Given {
        /// Empty: the right to open one, in a place that is counted already.
        ConnectionPointer connection;
        std::uint64_t generation = 0;
    };

    /// A task in the queue. What is given to it is a session, or the right to open one.
    struct Waiter {
        explicit Waiter(const async::Executor& executor) : event(executor) {}
        async::Event event;
        ConnectionPointer connection;
        std::uint64_t generation = 0;
        bool served = false;
    };

    Impl(async::Executor runs_on, SessionOptions opened_with, int most_open_at_once, int most_idle_at_once)
        : executor(std::move(runs_on)),
          options(std::move(opened_with)),
          most_open(std::max(1, most_open_at_once)),
          most_idle(std::max(0, most_idle_at_once)) {}

    /// The session of an ending user.
    void give_back(ConnectionPointer connection, std::uint64_t of_generation) {
        const bool keep = !closed && of_generation == generation && connection->reusable();
        if (!keep) {
            connection.reset();
            give_up_place();
        } else if (!waiters.empty()) {
            serve(std::move(connection));
        } else if (static_cast<int>(idle.size()) < most_idle) {
            idle.push_back({std::move(connection), BootClock::now()});
        } else {
            --open;
        }
    }

    /// A session ended or could not be opened: the next in the queue may open one in its place.
    void give_up_place() {
        if (waiters.empty()) {
            --open;
        } else {
            serve(nullptr);
        }
    }

    void serve(ConnectionPointer connection) {
        Waiter* first = waiters.front();
        waiters.pop_front();
        first->connection = std::move(connection);
        first->generation = generation;
        first->served = true;
        first->event.notify();
    }

    /// Stands in the queue as long as the frame of the waiting coroutine lives. What it was given but did not
    /// take (cancelled in between) goes to the next.
    class InQueue {
      public:
        InQueue(Impl& impl, Waiter& waiter) : impl_(impl), waiter_(waiter) {
            impl_.waiters.push_back(&waiter_);
        }
        InQueue(const InQueue&) = delete;
        InQueue& operator=(const InQueue&) = delete;
        ~InQueue() {
            if (!waiter_.served) {
                impl_.waiters.remove(&waiter_);
            } else if (!taken_) {
                if (waiter_.connection) {
                    impl_.give_back(std::move(waiter_.connection), waiter_.generation);
                } else {
                    impl_.give_up_place();
                }
            }
        }
        Given take() {
            taken_ = true;
            return {std::move(waiter_.connection), waiter_.generation};
        }

      private:
        Impl& impl_;
        Waiter& waiter_;
        bool taken_ = false;
    };

    /// Holds a place among the open sessions until the session stands.
    class Place {
      public:
        explicit Place(Impl& impl) : impl_(impl) {}
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            if (!kept_) impl_.give_up_place();
        }
        void keep() { kept_ = true; }

      private:
        Impl& impl_;
        bool kept_ = false;
    };

    ConnectionPointer take_idle() {
        while (!idle.empty()) {
            // The one used last: its caches are warm, and the others can be closed one day.
            auto connection = std::move(idle.back().connection);
            idle.pop_back();
            if (connection->reusable()) return connection;
            --open;
        }
        return nullptr;
    }

    static async::Task<Given> wait_in_queue(std::shared_ptr<Impl> self, async::Deadline deadline) {
        const auto since = BootClock::now();
        ++self->waits;
        Waiter waiter(self->executor);
        InQueue queue(*self, waiter);
        while (!waiter.served) {
            const bool notified = co_await waiter.event.wait(deadline);
            if (notified || waiter.served) continue;
            self->waited += BootClock::now() - since;
            throw TimedOut(
                "all " + std::to_string(self->most_open) +
                " database sessions stayed in use until the deadline; raise the limit of open sessions or "
                "look for slow statements");
        }
        self->waited += BootClock::now() - since;
        co_return queue.take();
    }

    static async::Task<Session> acquire(std::shared_ptr<Impl> self, async::Deadline deadline);

    async::Executor executor;
    SessionOptions options;
    int most_open;
    int most_idle;
    /// Sessions that stand or are being opened.
    int open = 0;
    /// Those used last are at the end.
    std::vector<Idle> idle;
    std::list<Waiter*> waiters;
    /// Raised by drop_all(): sessions of earlier ones are not kept.
    std::uint64_t generation = 0;
    bool closed = false;
    std::int64_t waits = 0;
    std::chrono::nanoseconds waited{0};
};

struct Pool::Session::Impl {
    Impl(std::shared_ptr<Pool::Impl> from, std::unique_ptr<Connection> held, std::uint64_t of_generation)
        : pool(std::move(from)), connection(std::move(held)), generation(of_generation) {}
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { pool->give_back(std::move(connection), generation); }

    std::shared_ptr<Pool::Impl> pool;
    std::unique_ptr<Connection> connection;
    std::uint64_t generation;
};

async::Task<Pool::Session> Pool::Impl::acquire(std::shared_ptr<Impl> self, async::Deadline deadline) {
    Given given;
    given.generation = self->generation;
    std::optional<Place> place;
    if (self->waiters.empty()) given.connection = self->take_idle();
    if (!given.connection && self->waiters.empty() && self->open < self->most_open) {
        ++self->open;
        place.emplace(*self);
    } else if (!given.connection) {
        given = co_await wait_in_queue(self, deadline);
        if (!given.connection) place.emplace(*self);
    }
    if (place) {
        given.connection = co_await Connection::open(self->options, deadline);
        place->keep();
    }
    co_return Session(std::make_unique<Session::Impl>(self, std::move(given.connection), given.generation));
}

Pool::Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pool::Session::Session(Session&&) noexcept = default;
Pool::Session::~Session() = default;
Connection& Pool::Session::operator*() const {
    return *impl_->connection;
}
Connection* Pool::Session::operator->() const {
    return impl_->connection.get();
}

Pool::Pool(async::Executor executor, SessionOptions options, int most_open, int most_idle)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), most_open, most_idle)) {}

Pool::~Pool() {
    impl_->closed = true;
    drop_all();
}

async::Task<Pool::Session> Pool::acquire(async::Deadline deadline) {
    return Impl::acquire(impl_, deadline);
}

async::Task<Result> Pool::query(std::string sql, Params params, async::Deadline deadline) {
    Session session = co_await acquire(deadline);
    co_return co_await session->query(std::move(sql), std::move(params), deadline);
}

async::Task<void> Pool::warm(int sessions, async::Deadline deadline) {
    std::vector<Session> held;
    while (static_cast<int>(held.size()) < std::min({sessions, impl_->most_open, impl_->most_idle})) {
        Session session = co_await acquire(deadline);
        held.push_back(std::move(session));
    }
}

void Pool::close_unused(std::chrono::nanoseconds for_so_long, int keep) {
    auto& idle = impl_->idle;
    const auto before = BootClock::now() - for_so_long;
    while (static_cast<int>(idle.size()) > keep && idle.front().since < before) {
        idle.erase(idle.begin());
        --impl_->open;
    }
}

void Pool::drop_all() {
    ++impl_->generation;
    impl_->open -= static_cast<int>(impl_->idle.size());
    impl_->idle.clear();
}

PoolStats Pool::stats() const {
    PoolStats stats;
    stats.open = impl_->open;
    stats.used = impl_->open - static_cast<int>(impl_->idle.size());
    stats.most = impl_->most_open;
    stats.waits = impl_->waits;
    stats.waited = impl_->waited;
    return stats;
}

}  // namespace baton::pg

#include "baton/pg/pool.hpp"

#include "baton/async/event.hpp"
#include "baton/base/error.hpp"

#include <algorithm>
#include <list>
#include <optional>
#include <utility>
#include <vector>

namespace baton::pg {

namespace {

/// About what opening a session costs: so long it is better to wait for one that is in use.
constexpr std::chrono::milliseconds worth_waiting{10};

}  // namespace

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

    bool may_open() const { return open < most_open; }

    /// Nothing when the deadline passed.
    static async::Task<std::optional<Given>> wait_in_queue(std::shared_ptr<Impl> self,
                                                           async::Deadline deadline) {
        Waiter waiter(self->executor);
        InQueue queue(*self, waiter);
        bool in_time = true;
        while (!waiter.served && in_time)
            in_time = co_await waiter.event.wait(deadline);
        if (!waiter.served) co_return std::nullopt;
        co_return queue.take();
    }

    /// A session, or the right to open one: at once where none is open, otherwise when none became free for a
    /// while.
    static async::Task<Given> wait_or_open(std::shared_ptr<Impl> self, async::Deadline deadline) {
        std::optional<Given> given;
        if (self->open > 0 && self->may_open()) {
            const auto soon =
                async::Deadline::after(std::min<std::chrono::nanoseconds>(worth_waiting, deadline.left()));
            given = co_await wait_in_queue(self, soon);
        }
        if (!given && self->may_open()) {
            ++self->open;
            co_return Given{nullptr, self->generation};
        }
        if (!given) {
            const auto since = BootClock::now();
            ++self->waits;
            given = co_await wait_in_queue(self, deadline);
            self->waited += BootClock::now() - since;
        }
        if (given) co_return std::move(*given);
        throw TimedOut(
            "all " + std::to_string(self->most_open) +
            " database sessions stayed in use until the deadline; raise the limit of open sessions or "
            "look for slow statements");
    }

    static async::Task<Session> acquire(std::shared_ptr<Impl> self, async::Deadline deadline);
    static async::Task<Session> open_one(std::shared_ptr<Impl> self, async::Deadline deadline);

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
    if (self->waiters.empty()) given.connection = self->take_idle();
    if (!given.connection) given = co_await wait_or_open(self, deadline);
    if (!given.connection) {
        Place place(*self);
        given.connection = co_await Connection::open(self->options, deadline);
        place.keep();
    }
    co_return Session(std::make_unique<Session::Impl>(self, std::move(given.connection), given.generation));
}

async::Task<Pool::Session> Pool::Impl::open_one(std::shared_ptr<Impl> self, async::Deadline deadline) {
    const auto generation = self->generation;
    ++self->open;
    Place place(*self);
    auto connection = co_await Connection::open(self->options, deadline);
    place.keep();
    co_return Session(std::make_unique<Session::Impl>(self, std::move(connection), generation));
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
    while (impl_->open < std::min({sessions, impl_->most_open, impl_->most_idle})) {
        Session session = co_await Impl::open_one(impl_, deadline);
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

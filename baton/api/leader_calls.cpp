#include "baton/api/leader_calls.hpp"

#include "baton/api/problem.hpp"
#include "baton/async/retry.hpp"
#include "baton/pg/error.hpp"

namespace baton::api {

namespace {

/// Each needs two sockets and its body in memory: half of the 1,024 descriptors that a process often has.
constexpr std::size_t most_passed_on = 256;
/// Without any leader: several times what a takeover takes. Later calls are then refused at once.
constexpr auto leaderless_limit = std::chrono::seconds(10);
/// An instance that ends waits no longer for its successor.
constexpr auto leaving_limit = std::chrono::milliseconds(500);

}  // namespace

/// One of the places that calls may take which are not done here.
class LeaderCalls::Place {
  public:
    explicit Place(LeaderCalls& calls) : calls_(calls) {
        if (calls_.passed_on_ >= most_passed_on) {
            calls_.count("refused");
            throw NotLeading("too many calls wait for the leader already");
        }
        ++calls_.passed_on_;
    }
    ~Place() { --calls_.passed_on_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

  private:
    LeaderCalls& calls_;
};

/// How long one call may wait, and what it has met so far.
class LeaderCalls::Patience {
  public:
    Patience(const LeadershipView& leadership, const ApiSettings& settings)
        : leadership_(leadership),
          until_(async::Deadline::after(settings.forward_timeout)),
          silence_limit_(settings.silence_limit) {}

    async::Deadline until() {
        if (leadership_.leaving() && !leaving_) {
            leaving_ = true;
            until_ = until_.sooner(async::Deadline::after(leaving_limit));
        }
        return until_;
    }
    bool is_over() {
        return until().passed() || leadership_.silence() > silence_limit_ ||
               (!leadership_.leading_epoch() && leadership_.leaderless_for() > leaderless_limit);
    }
    async::Deadline next_try() { return until().sooner(async::Deadline::after(backoff_.next())); }

    /// Of the last attempt; for the caller.
    std::string reason;

  private:
    const LeadershipView& leadership_;
    async::Deadline until_;
    std::chrono::nanoseconds silence_limit_;
    bool leaving_ = false;
    /// At first the next leader is often there but still starts its services.
    async::Backoff backoff_{std::chrono::milliseconds(10), std::chrono::seconds(1)};
};

LeaderCalls::LeaderCalls(Backend& backend) : backend_(backend) {
    const auto& services = backend_.services;
    if (backend_.settings.forward_writes && services.forward_client)
        forwarder_.emplace(*services.forward_client, *services.leadership);
}

void LeaderCalls::give_key(RequestContext& context) const {
    const auto callers = context.request.headers.get("Idempotency-Key");
    context.callers_key = !callers.empty();
    if (context.callers_key) {
        context.key = callers;
    } else if (context.forwarded) {
        context.key = context.forwarded->key;
    } else {
        const auto& services = backend_.services;
        context.key = Uuid::in_time_order(*services.random, services.clock->wall()).to_string();
    }
    context.may_be_repeat = context.callers_key || context.forwarded;
}

bool LeaderCalls::leads() const {
    return backend_.services.leadership->acts();
}

void LeaderCalls::count(const char* outcome) {
    backend_.services.metrics->add("forwarded_calls", 1, {{"outcome", outcome}});
}

async::Task<net::Response> LeaderCalls::answer(const Route& route, RequestContext& context) {
    if (leads()) {
        auto answered = co_await do_here(route, context);
        if (answered) co_return *std::move(answered);
    }
    // Whoever passed it on holds it, and looks for the next leader.
    if (context.forwarded || !forwarder_) throw NotLeading();
    const Place place(*this);
    co_return co_await pass_on(route, context);
}

/// Nothing when this instance does not lead (any more) and the call was not done, or may be repeated.
async::Task<std::optional<net::Response>> LeaderCalls::do_here(const Route& route, RequestContext& context) {
    std::exception_ptr failure;
    context.deadline = async::Deadline::after(backend_.settings.query_timeout);
    try {
        co_return co_await route.handler(backend_, context);
    } catch (const NotLeading&) {
    } catch (const pg::FenceRefused&) {
    } catch (const pg::CommitUnknown& lost) {
        if (!route.repeatable) {
            throw Problem(502, std::string(lost.what()) + "; look whether it was done before you repeat it");
        }
    } catch (const pg::ConnectionLost&) {
        // The next leader ends this one's sessions, also under a COMMIT.
        if (!route.repeatable) throw;
    } catch (...) {
        failure = std::current_exception();
    }
    // The epoch ended under a run. If it is this call that was cancelled, its next wait says so.
    const bool epoch_ended = failure && route.repeatable && async::is_cancellation(failure);
    if (failure && !epoch_ended) std::rethrow_exception(failure);
    co_return std::nullopt;
}

async::Task<net::Response> LeaderCalls::pass_on(const Route& route, RequestContext& context) {
    auto& leadership = *backend_.services.leadership;
    Patience patience(leadership, backend_.settings);
    context.may_be_repeat = true;
    for (;;) {
        const auto tried = leadership.leading_epoch();
        std::optional<net::Response> answered;
        if (leads()) {
            answered = co_await do_here(route, context);
        } else if (auto leader = leadership.leader()) {
            answered = co_await forward(route, context, *std::move(leader), patience);
        }
        if (answered) co_return *std::move(answered);
        co_await wait_for_leader(tried, patience);
        if (patience.is_over()) break;
    }
    count("not done");
    throw NotLeading(patience.reason);
}

async::Task<std::optional<net::Response>> LeaderCalls::forward(const Route& route, RequestContext& context,
                                                               LeadershipView::Leader leader,
                                                               Patience& patience) {
    Forwarder::Call call;
    call.request = &context.request;
    // A caller's own key travels in his header, and may hold anything.
    call.key = context.key;
    if (context.key.empty() || context.callers_key)
        call.key = Uuid::random(*backend_.services.random).to_string();
    call.repeatable = route.repeatable;
    call.deadline = patience.until();
    const auto name = leader.name;
    const auto address = leader.address;
    call.leader = std::move(leader);
    auto outcome = co_await forwarder_->send(std::move(call));
    if (outcome.kind == Forwarded::Kind::answered) {
        count("answered");
        co_return std::move(outcome.answer);
    }
    patience.reason = name + ": " + outcome.reason;
    backend_.services.log.debug("a call could not be passed on to the leader",
                                {{"leader", name}, {"address", address}, {"reason", outcome.reason}});
    if (outcome.kind == Forwarded::Kind::unknown && !route.repeatable) {
        count("unknown");
        throw Problem(502, "the leader " + name + " was lost while it worked on this call (" +
                               outcome.reason + "): look whether it was done before you repeat it");
    }
    co_return std::nullopt;
}

/// Until somebody else leads than the one that was tried, or it is time to try that one again.
async::Task<void> LeaderCalls::wait_for_leader(std::optional<std::int64_t> tried, Patience& patience) {
    auto& leadership = *backend_.services.leadership;
    const auto next_try = patience.next_try();
    while (!next_try.passed()) {
        co_await leadership.look_for_leader(next_try);
        const auto leading = leadership.leading_epoch();
        if (leading && leading != tried) co_return;
    }
}

}  // namespace baton::api

#pragma once

#include "baton/api/backend.hpp"
#include "baton/api/forwarder.hpp"
#include "baton/api/router.hpp"

namespace baton::api {

/// Answers what only the leader may do, wherever it arrives: done here while this instance leads, else passed
/// on to the leader. A call that hits a takeover is held until somebody leads, and done by him; a leader that
/// must not act holds it too. Bounded in time (ApiSettings::forward_timeout, silence_limit) and in number.
///
///     here ──does not lead──▶ held ─┬─ leads now ──▶ here
///                              ▲    └─ leader known ─▶ forwarded ─▶ answered
///                              └───────── not done ───────┘
class LeaderCalls {
  public:
    /// `backend` outlives it.
    explicit LeaderCalls(Backend& backend);

    /// The caller's Idempotency-Key, or the key of whoever passed the call on, or one of our own. Made before
    /// the first attempt, so that each repeat finds what that one did (leadership.md section 8). For
    /// repeatable routes.
    void give_key(RequestContext& context) const;

    /// The caller is known to be allowed, and a repeatable call has its key. Throws what the handler throws;
    /// NotLeading when the call was not done; Problem when that is unknown.
    async::Task<net::Response> answer(const Route& route, RequestContext& context);

    /// Calls that are held or under way at the leader.
    std::size_t passed_on() const { return passed_on_; }

  private:
    class Place;
    class Patience;

    async::Task<std::optional<net::Response>> do_here(const Route& route, RequestContext& context);
    async::Task<net::Response> pass_on(const Route& route, RequestContext& context);
    async::Task<std::optional<net::Response>> forward(const Route& route, RequestContext& context,
                                                      LeadershipView::Leader leader, Patience& patience);
    async::Task<void> wait_for_leader(std::optional<std::int64_t> tried, Patience& patience);
    bool leads() const;
    void count(const char* outcome);

    Backend& backend_;
    std::optional<Forwarder> forwarder_;
    std::size_t passed_on_ = 0;
};

}  // namespace baton::api

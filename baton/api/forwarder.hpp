#pragma once

#include "baton/api/services.hpp"
#include "baton/net/http_client.hpp"
#include "baton/net/http_message.hpp"

#include <string>

namespace baton::api {

/// What came of a call that was passed on to the leader.
struct Forwarded {
    enum class Kind {
        answered,
        /// Nothing happened: the leader could not be reached, or does not lead (any more).
        not_done,
        /// The call was sent and not answered: done or not.
        unknown,
    };
    Kind kind = Kind::unknown;
    /// Of `answered`.
    net::Response answer;
    /// Else: why, for the caller and the log.
    std::string reason;
};

/// Passes one call on to the leader, with the caller's own cookie or token, and takes its answer.
class Forwarder {
  public:
    /// Both outlive it. `client` uses no proxy: the leader is a neighbour.
    Forwarder(net::HttpClient& client, LeadershipView& leadership)
        : client_(&client), leadership_(&leadership) {}

    struct Call {
        const net::Request* request = nullptr;
        LeadershipView::Leader leader;
        /// See RequestContext.
        std::string key;
        /// With the same key the leader does nothing twice: the call is given up as soon as somebody else
        /// leads, and may be sent twice.
        bool repeatable = false;
        async::Deadline deadline;
    };
    /// Throws Cancelled only.
    async::Task<Forwarded> send(Call call);

  private:
    net::HttpClient* client_;
    LeadershipView* leadership_;
};

}  // namespace baton::api

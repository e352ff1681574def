#pragma once

#include "baton/api/forward_mark.hpp"
#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"
#include "baton/model/user.hpp"
#include "baton/net/http_message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::api {

class Backend;

/// One request on its way through its handler; lives until it is answered.
struct RequestContext {
    net::Request request;
    /// Values of the pattern's parameters, decoded.
    std::vector<std::pair<std::string_view, std::string>> parameters;
    /// For the queries of this request.
    async::Deadline deadline;
    /// Who asks; filled in for routes that need a login.
    model::User user;
    /// Of a login by cookie; else empty.
    std::string session_id;
    /// Another instance passed the call on to this one, which leads.
    std::optional<ForwardMark> forwarded;
    /// Of a repeatable route: names the call, so that a repeat finds what the first one did. The caller's
    /// Idempotency-Key, or one that the instance made which received the call.
    std::string key;
    bool callers_key = false;
    /// The key may have been used before.
    bool may_be_repeat = false;

    /// REQUIRES: the route's pattern has the parameter.
    const std::string& parameter(std::string_view name) const;
};

/// How a route wants its caller to prove who he is.
enum class Login { none, cookie, token_or_cookie };

struct Route {
    using Handler = async::Task<net::Response> (*)(Backend&, RequestContext&);

    std::string_view method;
    /// Segments that begin with ':' are parameters: "/v2/jobs/:ID/runs".
    std::string_view pattern;
    Handler handler = nullptr;
    Login login = Login::token_or_cookie;
    /// The least role that may.
    model::Role role = model::Role::view;
    /// Under the limit of logins too.
    bool limited_as_login = false;
    /// Outside of every rate limit: cheap, and asked so often by load balancers that a limit would take a
    /// healthy instance out of service.
    bool unlimited = false;
    /// Writes on whichever instance it reaches (sessions). Otherwise what is no GET, HEAD or OPTIONS is for
    /// the leader. The handler of such a route writes in one fenced transaction: when it throws NotLeading or
    /// pg::FenceRefused, nothing was done.
    bool on_any_instance = false;
    /// Done again under the same RequestContext::key it has no second effect.
    bool repeatable = false;

    bool is_for_leader() const {
        return !on_any_instance && method != "GET" && method != "HEAD" && method != "OPTIONS";
    }
};

/// The path with its trailing slash taken away, or one added.
std::string other_form(std::string_view path);

/// Finds the route of a request. The first route that matches wins.
class Router {
  public:
    explicit Router(std::vector<Route> routes);

    struct Match {
        const Route* route = nullptr;
        std::vector<std::pair<std::string_view, std::string>> parameters;
    };
    /// `path` is decoded. Nothing when no route of the method matches.
    std::optional<Match> find(std::string_view method, std::string_view path) const;
    /// A route of the method is registered with the path's trailing slash taken away or added.
    bool has_other_form(std::string_view method, std::string_view path) const;

  private:
    struct Entry {
        Route route;
        std::vector<std::string_view> segments;
    };
    std::vector<Entry> entries_;
};

}  // namespace baton::api

#pragma once

#include "baton/api/services.hpp"
#include "baton/api/ui_asset.hpp"
#include "baton/async/task.hpp"
#include "baton/base/secret.hpp"
#include "baton/net/http_message.hpp"
#include "baton/net/http_server.hpp"

#include <memory>
#include <span>

namespace baton::api {

/// The HTTP API and the operator's page (reference/rest-api.md): what the server's handler calls. Loop thread
/// only.
class Api {
  public:
    /// `assets`: the built page; empty when the binary has none.
    Api(ApiSettings settings, Services services, std::span<const UiAsset> assets);
    ~Api();
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    /// 32 bytes that sign the session cookies (content of ROOT/secret after base64, or the database's). Until
    /// it is given nobody can log in or use a cookie; API tokens work.
    void set_cookie_key(Secret key);

    /// Answers one request; never throws. The Api outlives the call.
    async::Task<net::Response> handle(net::Request request);

    /// Answers for net::ServerOptions: on_fault and body_limit.
    net::Response fault(net::RequestFault fault, const net::Request& head) const;
    std::size_t body_limit() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace baton::api

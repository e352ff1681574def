#pragma once

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/eth/head_chain.hpp"
#include "baton/eth/rpc_client.hpp"
#include "baton/net/http_server.hpp"
#include "testing/fake_chain.hpp"
#include "testing/log.hpp"
#include "testing/product_world.hpp"

#include <functional>
#include <memory>
#include <string>

namespace baton::test {

/// A ProductWorld with a chain beside it: an endpoint that serves a FakeChain over HTTP, a client that
/// follows it, and the heads that it told. For test programs that link baton_eth.
class ChainWorld : public ProductWorld {
  protected:
    void SetUp() override {
        ProductWorld::SetUp();
        if (IsSkipped()) return;
        net::ServerOptions options;
        options.address = "127.0.0.1";
        options.body_limit = [](const net::Request&) { return std::size_t{1} << 24; };
        server_ = std::make_unique<net::HttpServer>(
            loop().executor(), std::move(options),
            [this](net::Request request) { return serve(std::move(request)); });
        server_->listen();
        http_ = std::make_unique<net::HttpClient>(loop().executor());
        eth::Endpoint endpoint;
        endpoint.name = "fake";
        endpoint.ws_url = "ws://127.0.0.1:1";  // nobody there: everything goes over HTTP
        endpoint.http_url = "http://127.0.0.1:" + std::to_string(server_->port());
        eth::RpcTimes times;
        times.silence = std::chrono::milliseconds(2);
        times.first_pause = std::chrono::hours(1);
        times.longest_pause = std::chrono::hours(1);
        rpc_ = std::make_unique<eth::RpcClient>(loop().executor(), chain_id(),
                                                std::vector<eth::Endpoint>{endpoint}, *http_, Metrics::none(),
                                                Logger(), times);
        group_ = std::make_unique<async::TaskGroup>(
            loop().executor(), [this](const std::string& name, std::exception_ptr error) {
                try {
                    std::rethrow_exception(error);
                } catch (const std::exception& failure) {
                    ended_[name] = failure.what();
                }
            });
        group_->spawn("rpc", rpc_->run([this](model::Head head) {
            heads_.insert(head);
            if (on_head) on_head(head);
        }));
        until([this] { return heads_.latest().has_value(); }, "the client follows the chain");
    }
    void TearDown() override {
        if (group_) run(group_->stop());
        if (server_) run(server_->close_all());
        group_.reset();
        rpc_.reset();
        http_.reset();
        server_.reset();
        ProductWorld::TearDown();
    }

    FakeChain& chain() { return chain_; }
    eth::RpcClient& rpc() { return *rpc_; }
    eth::HeadChain& heads() { return heads_; }
    async::TaskGroup& group() { return *group_; }
    /// Told of every head after heads() knows it.
    std::function<void(const model::Head&)> on_head;
    /// What tasks of group() ended with, by name.
    std::string ended(const std::string& name) const { return ended_.contains(name) ? ended_.at(name) : ""; }
    Logger log() { return Logger(sink_, "test"); }
    RecordingSink& lines() { return *sink_; }

    /// Runs the loop until `condition` holds; fails the test, and throws, when it does not within 20 s.
    void until(std::function<bool()> condition, const std::string& what) {
        run(wait(std::move(condition), what));
    }
    /// Until a query gives this value.
    void until_value(const std::string& sql, const std::string& wanted) {
        until([&] { return database().value(sql) == wanted; }, sql + " = " + wanted);
    }
    /// Gives everything that is under way the time to do something wrong: the client polls several times, and
    /// all that is ready runs.
    void settle() { run(async::sleep_for(std::chrono::milliseconds(150))); }

  private:
    async::Task<net::Response> serve(net::Request request) {
        net::Response response;
        if (chain_.unreachable) {
            response.status = 503;
        } else {
            response.body = chain_.answer(request.body);
        }
        co_return response;
    }
    static async::Task<void> wait(std::function<bool()> condition, std::string what) {
        const auto patience = async::Deadline::after(std::chrono::seconds(20));
        while (!condition()) {
            if (patience.passed()) throw Error("did not happen: " + what);
            co_await async::sleep_for(std::chrono::milliseconds(2));
        }
    }

    FakeChain chain_{chain_id()};
    eth::HeadChain heads_{200};
    std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
    std::map<std::string, std::string> ended_;
    std::unique_ptr<net::HttpServer> server_;
    std::unique_ptr<net::HttpClient> http_;
    std::unique_ptr<eth::RpcClient> rpc_;
    std::unique_ptr<async::TaskGroup> group_;
};

}  // namespace baton::test

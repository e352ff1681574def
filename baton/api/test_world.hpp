#pragma once

// For tests only: an Api over stubs, with a user of each role.

#include "baton/api/accounts.hpp"
#include "baton/api/api.hpp"
#include "baton/api/authenticator.hpp"
#include "baton/async/loop.hpp"
#include "baton/async/timer.hpp"
#include "baton/crypto/bcrypt.hpp"
#include "baton/crypto/session_cookie.hpp"
#include "baton/pg/error.hpp"
#include "testing/clock.hpp"
#include "testing/log.hpp"
#include "testing/random.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace baton::api {

class StubAccounts : public Accounts {
  public:
    async::Task<std::optional<model::User>> find_user(std::string email, async::Deadline) override {
        if (broken) throw pg::QueryTimedOut("the database does not answer", "57014", "");
        const auto found = users.find(email);
        co_return found == users.end() ? std::nullopt : std::optional(found->second);
    }
    async::Task<bool> has_second_factor(std::string email, async::Deadline) override {
        co_return email == second_factor;
    }
    async::Task<std::optional<store::TokenRecord>> find_token(std::string access_key,
                                                              async::Deadline) override {
        ++lookups;
        const auto found = tokens.find(access_key);
        co_return found == tokens.end() ? std::nullopt : std::optional(found->second);
    }
    async::Task<void> create_session(std::string id, std::string email, async::Deadline) override {
        sessions[id] = email;
        co_return;
    }
    async::Task<void> delete_session(std::string id, async::Deadline) override {
        sessions.erase(id);
        co_return;
    }
    async::Task<store::SessionCheck> touch_session(std::string id, std::chrono::nanoseconds,
                                                   async::Deadline) override {
        ++lookups;
        if (broken) throw pg::QueryTimedOut("the database does not answer", "57014", "");
        store::SessionCheck check;
        const auto found = sessions.find(id);
        if (found == sessions.end()) co_return check;
        check.state = expired ? store::SessionState::expired : store::SessionState::valid;
        check.user = users.at(found->second);
        co_return check;
    }
    async::Task<void> reap_sessions(std::chrono::nanoseconds, async::Deadline) override { co_return; }

    std::map<std::string, model::User> users;
    std::map<std::string, store::TokenRecord> tokens;
    std::map<std::string, std::string> sessions;
    std::string second_factor;
    bool expired = false;
    bool broken = false;
    int lookups = 0;
};

class StubLeadership : public LeadershipView {
  public:
    model::LeadershipState state() const override {
        if (leads) return model::LeadershipState::leading;
        return takes_over ? model::LeadershipState::taking : model::LeadershipState::standby;
    }
    bool acts() const override { return leads && silent == std::chrono::nanoseconds(0); }
    std::chrono::nanoseconds silence() const override { return silent; }
    std::optional<store::Writer> writer() const override {
        return leads ? std::optional<store::Writer>(writes_with) : std::nullopt;
    }
    std::optional<Leader> leader() const override { return other; }
    std::optional<std::int64_t> leading_epoch() const override {
        if (leads) return writes_with.fence.epoch;
        return other ? std::optional(other->epoch) : std::nullopt;
    }
    std::chrono::nanoseconds leaderless_for() const override { return leaderless; }
    async::Task<void> look_for_leader(async::Deadline until) override {
        ++looks;
        if (on_look) on_look();
        return async::sleep_until(async::Deadline::after(std::chrono::milliseconds(1)).sooner(until));
    }
    async::Task<void> leader_changes() override {
        if (on_change) on_change();
        return async::sleep_for(std::chrono::milliseconds(1));
    }
    bool leaving() const override { return ends; }
    std::string name() const override { return "secondary"; }
    Uuid client_id() const override { return {}; }
    std::string own_schema() const override { return schema; }
    std::vector<std::string> warnings() const override { return {"a warning"}; }
    async::Task<void> hand_over(std::optional<std::string> to) override {
        if (handover_failure) std::rethrow_exception(handover_failure);
        if (!waited_for) throw InvalidInput("no other instance waits for the leadership");
        handed_to = to.value_or("anybody");
        leads = false;
        co_return;
    }

    void die() override { died = true; }
    async::Task<model::LockSurvey> locks(async::Deadline) override { co_return survey; }
    model::LockingMode mode() const override { return model::LockingMode::dual; }

    model::LockSurvey survey;
    bool died = false;
    bool leads = true;
    std::chrono::nanoseconds silent{0};
    /// By a standby that could take over.
    bool waited_for = true;
    std::string handed_to;
    std::exception_ptr handover_failure;
    store::Writer writes_with;
    std::optional<Leader> other;
    std::chrono::nanoseconds leaderless{0};
    bool ends = false;
    int looks = 0;
    /// What a look finds: changes the members above.
    std::function<void()> on_look;
    /// What changes while somebody waits for it.
    std::function<void()> on_change;
    bool takes_over = false;
    std::string schema;
};

class StubJobs : public JobControl {
  public:
    async::Task<void> job_created(model::Job job) override {
        created.push_back(job.id);
        co_return;
    }
    async::Task<void> job_deleted(std::int32_t id) override {
        deleted.push_back(id);
        co_return;
    }
    void bridge_changed(const std::string& name) override { changed_bridges.push_back(name); }
    std::optional<model::ChainSettings> chain(const std::optional<BigInt>& id) const override {
        if (id && *id != 1337) return std::nullopt;
        model::ChainSettings settings;
        settings.chain_id = 1337;
        return settings;
    }
    std::vector<std::int32_t> created;
    std::vector<std::int32_t> deleted;
    std::vector<std::string> changed_bridges;
};

class StubWebhooks : public WebhookRunner {
  public:
    async::Task<WebhookResult> run_webhook(WebhookCall call) override {
        calls.push_back(call);
        if (on_call) on_call();
        if (failure) std::rethrow_exception(failure);
        co_return result;
    }
    std::vector<WebhookCall> calls;
    WebhookResult result;
    std::exception_ptr failure;
    std::function<void()> on_call;
};

class StubTaskResults : public TaskResults {
  public:
    async::Task<void> deliver(Uuid task_id, pipeline::TaskOutput output) override {
        if (failure) std::rethrow_exception(failure);
        delivered.emplace_back(task_id, std::move(output));
        co_return;
    }
    std::vector<std::pair<Uuid, pipeline::TaskOutput>> delivered;
    std::exception_ptr failure;
};

class StubEthKeys : public EthKeys {
  public:
    async::Task<std::vector<EthKey>> list(async::Deadline) override { co_return keys; }
    std::vector<EthKey> keys;
};

class StubHealth : public Health {
  public:
    std::vector<HealthCheck> health() const override { return checks; }
    std::vector<HealthCheck> readiness() const override { return checks; }
    std::vector<HealthCheck> checks{{"*job.spawner", true, ""}};
};

inline const std::string test_password = "correct-horse-battery";

class World {
  public:
    explicit World(ApiSettings given = {}) : settings(std::move(given)) {
        for (const auto role : {model::Role::view, model::Role::run, model::Role::edit, model::Role::admin}) {
            model::User user;
            user.email = model::to_string(role) + "@example.org";
            user.role = role;
            accounts.users[user.email] = user;
            accounts.sessions["session-of-" + model::to_string(role)] = user.email;
        }
        settings.version = "1.11.0";
        settings.commit = "0123abc";
    }

    Api& api() {
        if (!api_) {
            Services services;
            services.leadership = &leadership;
            services.jobs = &jobs;
            services.webhooks = &webhooks;
            services.task_results = &task_results;
            services.eth_keys = &eth_keys;
            services.health = &health;
            services.metrics_page = [] { return std::string("# TYPE up gauge\nup 1\n"); };
            services.workers = &workers;
            services.pool = pool;
            services.accounts = pool ? nullptr : &accounts;
            services.forward_client = forward_client;
            services.clock = &clock;
            services.random = &random;
            services.log = Logger(log, "api");
            api_ = std::make_unique<Api>(settings, services, assets);
            api_->set_cookie_key(cookie_key);
        }
        return *api_;
    }

    net::Response send(net::Request request) {
        const auto question = request.target.find('?');
        request.path = request.target.substr(0, question);
        if (question != std::string::npos) request.query = request.target.substr(question + 1);
        if (!request.headers.contains("Host")) request.headers.set("Host", "node:6688");
        if (request.remote_address.empty()) request.remote_address = "10.0.0.1";
        auto& running = other_loop ? *other_loop : loop;
        return running.run_until_done(api().handle(std::move(request)));
    }
    /// As the user of that role, by cookie.
    net::Response send_as(model::Role role, std::string method, std::string target, std::string body = "") {
        net::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        request.headers.set("Cookie", cookie("session-of-" + model::to_string(role)));
        return send(std::move(request));
    }
    net::Response get(std::string target) {
        net::Request request;
        request.method = "GET";
        request.target = std::move(target);
        return send(std::move(request));
    }
    std::string cookie(const std::string& session_id) const {
        return "clsession=" + crypto::make_session_cookie(cookie_key, session_id, clock.wall());
    }

    ApiSettings settings;
    /// Given: the database's users and sessions instead of the stub's.
    pg::Pool* pool = nullptr;
    /// Given: what only the leader may do is passed on to him.
    net::HttpClient* forward_client = nullptr;
    Secret cookie_key{std::string(32, 'k')};
    async::Loop loop;
    /// The loop of the pool.
    async::Loop* other_loop = nullptr;
    async::WorkerPool workers{1};
    test::ManualClock clock;
    test::SeededRandom random;
    std::shared_ptr<test::RecordingSink> log = std::make_shared<test::RecordingSink>();
    StubAccounts accounts;
    StubLeadership leadership;
    StubJobs jobs;
    StubWebhooks webhooks;
    StubTaskResults task_results;
    StubEthKeys eth_keys;
    StubHealth health;
    std::vector<UiAsset> assets{{"/index.html", "text/html; charset=utf-8", "<p>page</p>"},
                                {"/assets/baton.js", "text/javascript; charset=utf-8", "let x;"}};

  private:
    std::unique_ptr<Api> api_;
};

inline std::string detail(std::string_view text) {
    return R"({"errors":[{"detail":")" + std::string(text) + R"("}]})";
}

}  // namespace baton::api

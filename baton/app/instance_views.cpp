#include "baton/app/instance_views.hpp"

#include "baton/lease/survey.hpp"
#include "baton/store/key_states.hpp"

#include <algorithm>
#include <csignal>

#include <unistd.h>

namespace baton::app {

namespace {

/// Anybody may ask for the health: what the database said is in the log.
constexpr const char* database_failing = "the database cannot be used; the log tells why";

}  // namespace

class InstanceViews::Leadership final : public api::LeadershipView {
  public:
    explicit Leadership(Instance& instance) : instance_(instance) {}

    model::LeadershipState state() const override {
        return instance_.leadership_ ? instance_.leadership_->state() : model::LeadershipState::starting;
    }
    bool acts() const override {
        return instance_.leading_ && instance_.epoch_ && instance_.leadership_ &&
               instance_.leadership_->may_act();
    }
    std::optional<store::Writer> writer() const override {
        if (!instance_.leading_ || !instance_.epoch_) return std::nullopt;
        return instance_.epoch_->writer();
    }
    std::chrono::nanoseconds silence() const override {
        const auto age = writer() ? instance_.leadership_->heartbeat_age() : std::nullopt;
        return age.value_or(std::chrono::nanoseconds(0));
    }
    std::optional<Leader> leader() const override {
        const auto& known = instance_.leader_watch_.leader();
        if (!known || known->who.client_id == instance_.client_id_) return std::nullopt;
        return Leader{known->who.instance, known->who.address, known->who.epoch, known->token};
    }
    std::optional<std::int64_t> leading_epoch() const override {
        if (const auto own = writer()) return own->fence.epoch;
        const auto other = leader();
        return other ? std::optional(other->epoch) : std::nullopt;
    }
    std::chrono::nanoseconds leaderless_for() const override {
        return instance_.leader_watch_.leaderless_for();
    }
    async::Task<void> look_for_leader(async::Deadline until) override {
        return instance_.leader_watch_.look_soon(until);
    }
    async::Task<void> leader_changes() override { return instance_.leader_watch_.news(); }
    bool leaving() const override { return instance_.ending_; }
    std::string name() const override { return instance_.config_.ha.name; }
    Uuid client_id() const override { return instance_.client_id_; }
    std::string own_schema() const override {
        if (!instance_.leadership_) return {};
        const auto& names = instance_.leadership_->schemas();
        return names.own_schema.empty() ? std::string() : "\"" + names.own_schema + "\"";
    }
    async::Task<void> hand_over(std::optional<std::string> to) override {
        if (!instance_.leadership_) throw InvalidInput("this instance does not lead");
        return instance_.leadership_->hand_over(std::move(to));
    }
    void die() override {
        constexpr int as_if_killed = 128 + SIGKILL;
        ::kill(::getpid(), SIGKILL);
        // The first process of a container cannot be killed by a signal from inside.
        ::_exit(as_if_killed);
    }
    async::Task<model::LockSurvey> locks(async::Deadline deadline) override {
        return survey(&instance_, deadline);
    }
    model::LockingMode mode() const override { return instance_.config_.database.locking_mode; }
    std::vector<std::string> warnings() const override {
        auto lines = instance_.chain_ ? instance_.chain_->warnings() : std::vector<std::string>();
        if (auto cookies = cookie_warning(instance_.config_.web); !cookies.empty())
            lines.push_back(std::move(cookies));
        return lines;
    }

  private:
    static async::Task<model::LockSurvey> survey(Instance* instance, async::Deadline deadline) {
        const auto names = instance->leadership_->schemas();
        const auto session = co_await instance->pool_.acquire(deadline);
        co_return co_await lease::survey_locks(*session, instance->lease_settings(), names, deadline);
    }

    Instance& instance_;
};

class InstanceViews::Jobs final : public api::JobControl {
  public:
    explicit Jobs(Instance& instance) : instance_(instance) {}

    async::Task<void> job_created(model::Job job) override {
        const auto epoch = instance_.epoch_;
        if (epoch) co_await epoch->job_created(std::move(job));
    }
    async::Task<void> job_deleted(std::int32_t id) override {
        if (instance_.epoch_) instance_.epoch_->job_deleted(id);
        co_return;
    }
    void bridge_changed(const std::string& name) override {
        if (instance_.epoch_) instance_.epoch_->bridge_changed(name);
    }
    std::optional<model::ChainSettings> chain(const std::optional<BigInt>& id) const override {
        if (!instance_.chain_) return std::nullopt;
        const auto& settings = instance_.chain_->settings();
        if (id && *id != settings.chain_id) return std::nullopt;
        return settings;
    }

  private:
    Instance& instance_;
};

class InstanceViews::Webhooks final : public api::WebhookRunner {
  public:
    explicit Webhooks(Instance& instance) : instance_(instance) {}

    async::Task<api::WebhookResult> run_webhook(api::WebhookCall call) override {
        const auto epoch = instance_.epoch_;
        if (!epoch || !instance_.leading_) throw Cancelled();
        jobs::Webhook::Call wanted;
        wanted.external_job_id = call.external_job_id;
        wanted.body = std::move(call.body);
        wanted.key = std::move(call.key);
        wanted.callers_key = call.callers_key;
        wanted.may_be_repeat = call.may_be_repeat;
        auto result = co_await epoch->run_webhook(std::move(wanted));
        api::WebhookResult answer;
        switch (result.kind) {
            case jobs::Webhook::Result::Kind::stored:
                answer.kind = api::WebhookResult::Kind::stored;
                break;
            case jobs::Webhook::Result::Kind::unknown_job:
                answer.kind = api::WebhookResult::Kind::unknown_job;
                break;
            case jobs::Webhook::Result::Kind::key_with_other_body:
                answer.kind = api::WebhookResult::Kind::key_with_other_body;
                break;
        }
        answer.run = std::move(result.run);
        if (result.job) answer.job = std::shared_ptr<const model::Job>(result.job, &result.job->job);
        co_return answer;
    }

  private:
    Instance& instance_;
};

class InstanceViews::TaskResults final : public api::TaskResults {
  public:
    explicit TaskResults(Instance& instance) : instance_(instance) {}

    async::Task<void> deliver(Uuid task_id, pipeline::TaskOutput output) override {
        const auto epoch = instance_.epoch_;
        if (!epoch || !instance_.leading_) throw Cancelled();
        co_await epoch->deliver(task_id, std::move(output));
    }

  private:
    Instance& instance_;
};

class InstanceViews::EthKeys final : public api::EthKeys {
  public:
    explicit EthKeys(Instance& instance) : instance_(instance) {}

    async::Task<std::vector<api::EthKey>> list(async::Deadline deadline) override {
        auto states = co_await store::list_key_states(instance_.pool_, deadline);
        std::stable_sort(states.begin(), states.end(),
                         [](const auto& a, const auto& b) { return a.disabled < b.disabled; });
        std::vector<api::EthKey> keys;
        for (const auto& state : states) {
            api::EthKey key;
            key.address = state.address;
            key.chain_id = state.chain_id;
            key.next_nonce = state.next_nonce;
            key.disabled = state.disabled;
            key.created_at = state.created_at;
            key.updated_at = state.updated_at;
            add_chain(key);
            keys.push_back(std::move(key));
        }
        co_return keys;
    }

  private:
    void add_chain(api::EthKey& key) const {
        if (!instance_.chain_ || instance_.chain_->settings().chain_id != key.chain_id) return;
        key.max_gas_price = instance_.chain_->settings().gas_price_max;
        const auto balance = instance_.chain_->balance(key.address);
        if (!balance) return;
        key.eth_balance = balance->wei;
        key.link_balance = balance->juels;
    }

    Instance& instance_;
};

class InstanceViews::Health final : public api::Health {
  public:
    explicit Health(Instance& instance) : instance_(instance) {}

    std::vector<api::HealthCheck> health() const override {
        auto checks = readiness();
        if (!instance_.chain_) return checks;
        api::HealthCheck heads{.name = "*evm.chainSet", .passing = true, .output = ""};
        const auto last = instance_.chain_->last_head_at();
        const auto limit = instance_.chain_->settings().no_head_warning;
        if (!instance_.chain_->rpc().healthy()) {
            heads.output = "Listener is not connected";
        } else if (limit.count() > 0 && (!last || BootClock::now() - *last > limit)) {
            heads.output = "Listener is not receiving heads";
        }
        heads.passing = heads.output.empty();
        checks.push_back(std::move(heads));
        return checks;
    }

    std::vector<api::HealthCheck> readiness() const override {
        std::vector<api::HealthCheck> checks;
        checks.push_back({"*baton.Database", instance_.database_problem_.empty(),
                          instance_.database_problem_.empty() ? "" : database_failing});
        // The state tells leader and standby apart; a warm standby is as ready as a leader.
        checks.push_back({"*baton.Leadership", instance_.leadership_ != nullptr && instance_.warm_,
                          model::to_string(instance_.leadership_view_->state())});
        checks.push_back({"*job.spawner", true, ""});
        checks.push_back({"*pipeline.runner", true, ""});
        return checks;
    }

  private:
    Instance& instance_;
};

std::unique_ptr<api::LeadershipView> InstanceViews::leadership(Instance& instance) {
    return std::make_unique<Leadership>(instance);
}
std::unique_ptr<api::JobControl> InstanceViews::jobs(Instance& instance) {
    return std::make_unique<Jobs>(instance);
}
std::unique_ptr<api::WebhookRunner> InstanceViews::webhooks(Instance& instance) {
    return std::make_unique<Webhooks>(instance);
}
std::unique_ptr<api::TaskResults> InstanceViews::task_results(Instance& instance) {
    return std::make_unique<TaskResults>(instance);
}
std::unique_ptr<api::EthKeys> InstanceViews::eth_keys(Instance& instance) {
    return std::make_unique<EthKeys>(instance);
}
std::unique_ptr<api::Health> InstanceViews::health(Instance& instance) {
    return std::make_unique<Health>(instance);
}

}  // namespace baton::app

#pragma once

#include "baton/jobs/directrequest/direct_requests.hpp"
#include "baton/jobs/directrequest/oracle_request.hpp"
#include "baton/pipeline/engine.hpp"
#include "testing/chain_world.hpp"
#include "testing/random.hpp"

#include <memory>
#include <string>
#include <vector>

namespace baton::jobs {

/// One chain, one key.
class OneChain : public pipeline::Environment {
  public:
    OneChain(BigInt id, Address key, net::HttpClient& http) : id_(std::move(id)), key_(key), http_(http) {}
    std::optional<BigInt> default_chain() const override { return id_; }
    std::optional<Chain> chain(const BigInt& id, const std::string&) const override {
        if (id != id_) return std::nullopt;
        Chain chain;
        chain.id = id;
        return chain;
    }
    Address next_key(const BigInt&, const std::vector<Address>&) override { return key_; }
    net::HttpClient& http() override { return http_; }
    HttpLimits http_limits() const override { return {}; }
    std::chrono::nanoseconds max_run_duration() const override { return {}; }

  private:
    BigInt id_;
    Address key_;
    net::HttpClient& http_;
};

/// For tests: the direct requests of a fake chain, for one epoch after the other. Each request makes one
/// transaction, which stays unstarted.
class DirectRequestsTest : public test::ChainWorld {
  protected:
    void SetUp() override {
        ChainWorld::SetUp();
        if (IsSkipped()) return;
        http_ = std::make_unique<net::HttpClient>(loop().executor());
        environment_ = std::make_unique<OneChain>(chain_id(), sender(), *http_);
        settings_.chain_id = chain_id();
        settings_.finality_depth = 20;
        settings_.min_incoming_confirmations = 1;
        settings_.min_contract_payment = 100;
        settings_.log_backfill_batch_size = 50;
        job_ = create(direct_job());
    }
    void TearDown() override {
        stop();
        environment_.reset();
        http_.reset();
        ChainWorld::TearDown();
    }

    model::ChainSettings& settings() { return settings_; }
    const model::Job& job() const { return job_; }
    model::Job create(model::Job job) {
        job.observation_source =
            R"(send [type=ethtx to="0x00000000000000000000000000000000000000aa" data="0x01" minConfirmations="0"])";
        auto made = stored(std::move(job));
        catalog_.put(compile(made));
        return made;
    }
    DirectRequests& requests() { return *requests_; }
    RunService& run_service() { return *runs_; }
    JobCatalog& catalog() { return catalog_; }

    /// A new epoch's service.
    void start() {
        engine_ = std::make_unique<pipeline::Engine>(loop().executor(), *environment_, Clock::system(),
                                                     Random::system(), Metrics::none(), Logger());
        committer_ = std::make_unique<store::RunCommitter>(loop().executor(), writer(), log());
        RunService::Dependencies runs;
        runs.engine = engine_.get();
        runs.committer = committer_.get();
        runs.writer = writer();
        runs.catalog = &catalog_;
        runs.wake_sender = [](const Address&) {};
        runs.clock = &Clock::system();
        runs.metrics = &Metrics::none();
        runs.log = log();
        runs_ = std::make_unique<RunService>(std::move(runs));
        DirectRequests::Dependencies use;
        use.writer = writer();
        use.rpc = &rpc();
        use.heads = &heads();
        use.catalog = &catalog_;
        use.runs = runs_.get();
        use.chain = settings_;
        use.clock = &Clock::system();
        use.log = log();
        requests_ = std::make_unique<DirectRequests>(loop().executor(), std::move(use));
        running_ = std::make_unique<async::TaskGroup>(loop().executor(),
                                                      [this](const std::string&, std::exception_ptr error) {
                                                          if (!failure_) failure_ = error;
                                                      });
        running_->spawn("committer", committer_->run());
        running_->spawn("requests", requests_->run());
        on_head = [this](const model::Head& head) { requests_->on_head(head); };
        if (const auto head = heads().latest()) requests_->on_head(*head);
    }
    /// As when an epoch ends: everything is cancelled.
    void stop() {
        if (running_) run(running_->stop());
        on_head = {};
        running_.reset();
        requests_.reset();
        runs_.reset();
        committer_.reset();
        engine_.reset();
    }
    std::exception_ptr failure() const { return failure_; }

    /// The event of request `number` for a job, in the next block.
    static model::Log request(const model::Job& of, std::uint8_t number, std::uint32_t payment = 1000) {
        model::Log log;
        log.address = oracle();
        log.topics = {oracle_request_topic(), job_topics(of.external_job_id).text_form};
        const auto word = [&](BytesView bytes, bool left = false) {
            Bytes one(32, 0);
            std::copy(bytes.begin(), bytes.end(),
                      left ? one.begin() : one.end() - static_cast<std::ptrdiff_t>(bytes.size()));
            log.data.insert(log.data.end(), one.begin(), one.end());
        };
        word(address(9).view());
        word(hash(number).view());
        word(to_big_endian(BigInt(payment), 32));
        word(address(9).view());
        word(Bytes{0x4a, 0xb0, 0xd1, 0x90}, true);
        word(Bytes{0x7f});
        word(Bytes{1});
        word(Bytes{1, 0});
        word(Bytes{1});
        word(Bytes{0xa0}, true);
        return log;
    }
    void ask(std::uint8_t number) { chain().emit(request(job_, number)); }

    void until_runs(int wanted) { until_value("select count(*) from pipeline_runs", std::to_string(wanted)); }
    /// Every head so far was processed.
    void until_caught_up() {
        until_value("select max(block_number) from baton.chain_progress", std::to_string(chain().height()));
    }
    std::int64_t runs() { return count("pipeline_runs"); }
    std::string broadcasts() {
        return std::to_string(count("log_broadcasts where consumed")) + " consumed, " +
               std::to_string(count("log_broadcasts where not consumed")) + " not";
    }
    /// Each run has its transaction and its request, and no request has two.
    void expect_exactly_once(std::int64_t wanted) {
        EXPECT_EQ(runs(), wanted);
        EXPECT_EQ(count("pipeline_runs where state = 'completed'"), wanted);
        EXPECT_EQ(count("eth_txes"), wanted);
        EXPECT_EQ(count("baton.requests"), wanted);
        EXPECT_EQ(count("log_broadcasts where not consumed"), 0);
    }

  private:
    std::unique_ptr<net::HttpClient> http_;
    std::unique_ptr<OneChain> environment_;
    model::ChainSettings settings_;
    model::Job job_;
    JobCatalog catalog_;
    std::unique_ptr<pipeline::Engine> engine_;
    std::unique_ptr<store::RunCommitter> committer_;
    std::unique_ptr<RunService> runs_;
    std::unique_ptr<DirectRequests> requests_;
    std::unique_ptr<async::TaskGroup> running_;
    std::exception_ptr failure_;
};

}  // namespace baton::jobs

#pragma once

#include "baton/store/jobs.hpp"
#include "baton/store/runs.hpp"
#include "baton/store/writer_testing.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace baton::test {

/// A database in which this process leads, with chain 1337, one key on it (next nonce 7), and makers of valid
/// rows: a test states only what differs. For test programs that link baton_store.
class ProductWorld : public store::WriterTest {
  protected:
    static constexpr std::int64_t first_nonce = 7;

    void SetUp() override {
        WriterTest::SetUp();
        if (IsSkipped()) return;
        add_chain(chain_id());
        add_key(sender(), first_nonce);
    }

    static BigInt chain_id() { return 1337; }
    static Address address(std::uint8_t last) {
        Address made;
        made.bytes[0] = 0xaa;
        made.bytes[19] = last;
        return made;
    }
    static Address sender() { return address(1); }
    static Address oracle() { return address(2); }
    static Hash hash(std::uint32_t number) {
        Hash made;
        for (int i = 0; i < 4; ++i)
            made.bytes[31 - i] = static_cast<std::uint8_t>(number >> (8 * i));
        made.bytes[0] = 0xbb;
        return made;
    }
    static Uuid uuid(std::uint8_t last) {
        Uuid made;
        made.bytes[6] = 0x40;
        made.bytes[8] = 0x80;
        made.bytes[15] = last;
        return made;
    }
    /// 2022-01-01 and so many seconds.
    static WallTime at(int seconds) {
        return WallTime(std::chrono::sys_days{std::chrono::year(2022) / 1 / 1}) +
               std::chrono::seconds(seconds);
    }
    /// As a literal of a statement: '\x...'
    static std::string literal(BytesView bytes) { return "'\\x" + to_hex(bytes) + "'"; }

    void add_chain(const BigInt& id) {
        database().run("insert into evm_chains (id, created_at, updated_at) values (" + to_decimal(id) +
                       ", now(), now())");
    }
    void add_key(const Address& key, std::int64_t next_nonce) {
        database().run(
            "insert into evm_key_states (address, next_nonce, evm_chain_id, created_at, updated_at) values "
            "(" +
            literal(key.view()) + ", " + std::to_string(next_nonce) + ", " + to_decimal(chain_id()) +
            ", now(), now())");
    }
    std::int64_t next_nonce() {
        return std::stoll(database().value("select next_nonce from evm_key_states where address = " +
                                           literal(sender().view())));
    }
    std::int64_t count(const std::string& from_where) {
        return std::stoll(database().value("select count(*) from " + from_where));
    }

    static model::Job job(const std::string& name, std::uint8_t external_id) {
        model::Job made;
        made.external_job_id = uuid(external_id);
        made.name = name;
        made.observation_source = "answer [type=multiply input=1 times=2]";
        return made;
    }
    static model::Job webhook_job(const std::string& name = "hook", std::uint8_t external_id = 100) {
        auto made = job(name, external_id);
        made.spec = model::WebhookSpec{};
        return made;
    }
    static model::Job direct_job(const std::string& name = "direct", std::uint8_t external_id = 101) {
        auto made = job(name, external_id);
        model::DirectRequestSpec spec;
        spec.contract_address = oracle();
        made.spec = spec;
        return made;
    }
    model::Job stored(model::Job job) { return run(store::create_job(writer(), std::move(job))); }

    static model::TaskRun finished_task(std::uint8_t id, const std::string& dot_id) {
        model::TaskRun task;
        task.id = uuid(id);
        task.type = "multiply";
        task.dot_id = dot_id;
        task.output = "\"2\"";
        task.created_at = at(0);
        task.finished_at = at(1);
        return task;
    }
    static model::TaskRun pending_task(std::uint8_t id, const std::string& dot_id) {
        model::TaskRun task;
        task.id = uuid(id);
        task.type = "ethtx";
        task.dot_id = dot_id;
        task.created_at = at(0);
        return task;
    }
    /// One task, answer 2.
    static store::RunCommit completed_run(const model::Job& of, std::uint8_t task_id = 1) {
        store::RunCommit commit;
        commit.job_id = of.id;
        commit.run.pipeline_spec_id = of.pipeline_spec_id;
        commit.run.state = model::RunState::completed;
        commit.run.inputs = R"({"jobRun": {}})";
        commit.run.outputs = R"(["2"])";
        commit.run.fatal_errors = "[null]";
        commit.run.created_at = at(0);
        commit.run.finished_at = at(1);
        commit.run.task_runs.push_back(finished_task(task_id, "answer"));
        return commit;
    }
    /// Waits for the receipt of the transaction of its only task.
    static store::RunCommit suspended_run(const model::Job& of, std::uint8_t task_id = 1) {
        auto commit = completed_run(of);
        commit.run.state = model::RunState::suspended;
        commit.run.outputs.reset();
        commit.run.fatal_errors.reset();
        commit.run.finished_at.reset();
        commit.run.task_runs = {pending_task(task_id, "send")};
        commit.transactions.push_back(transaction(task_id, 3));
        return commit;
    }
    static model::NewTransaction transaction(std::uint8_t task_id,
                                             std::optional<std::uint32_t> confirmations = {}) {
        model::NewTransaction made;
        made.chain_id = chain_id();
        made.from = sender();
        made.to = oracle();
        made.payload = {0x4a, 0xb0};
        made.gas_limit = 500'000;
        made.meta = R"({"JobID": 1, "FailOnRevert": null})";
        made.task_id = uuid(task_id);
        made.min_confirmations = confirmations;
        return made;
    }

    static model::LogKey log_key(std::uint32_t block, std::uint64_t index = 0) {
        return {hash(block), index};
    }
    static store::ConsumedLog consumed_log(const model::Job& of, std::uint32_t block,
                                           std::uint64_t index = 0) {
        return {of.id, chain_id(), log_key(block, index), block};
    }
    void add_broadcast(const model::Job& of, std::uint32_t block, bool consumed = false,
                       std::uint64_t index = 0) {
        database().run(
            "insert into log_broadcasts (job_id, block_hash, log_index, block_number, consumed, created_at, "
            "evm_chain_id) values (" +
            std::to_string(of.id) + ", " + literal(hash(block).view()) + ", " + std::to_string(index) + ", " +
            std::to_string(block) + ", " + (consumed ? "true" : "false") + ", now(), " +
            to_decimal(chain_id()) + ")");
    }
};

}  // namespace baton::test

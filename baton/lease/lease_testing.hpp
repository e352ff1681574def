#pragma once

// Helpers of the tests in this folder.

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/async/timer.hpp"
#include "baton/lease/lease.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/pg/pool.hpp"
#include "testing/database.hpp"
#include "testing/log.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace baton::lease {

/// Generous: whatever takes longer will never happen.
inline async::Deadline patience() {
    return async::Deadline::after(std::chrono::seconds(10));
}

/// Counts what is added to counters, by name and the labels' values.
class CountingMetrics : public Metrics {
  public:
    Number counter(const std::string& counter, const MetricLabels& labels) override {
        std::string key = counter;
        for (const auto& [name, value] : labels)
            key += " " + name + "=" + value;
        return {&counts_[key], [](void* count, double amount) { *static_cast<double*>(count) += amount; }};
    }
    Number gauge(const std::string& name, const MetricLabels& labels) override {
        return Metrics::none().gauge(name, labels);
    }
    void observe(const std::string&, double, const MetricLabels&) override {}
    double count(const std::string& key) const {
        const auto found = counts_.find(key);
        return found == counts_.end() ? 0 : found->second;
    }

  private:
    std::map<std::string, double> counts_;
};

inline LeaseSettings settings_for(const pg::SessionOptions& session, const std::string& name,
                                  model::LockingMode mode) {
    LeaseSettings settings;
    settings.mode = mode;
    settings.client_id = Uuid::random(Random::system());
    settings.name = name;
    settings.address = "http://" + name;
    settings.version = "1.11.0";
    settings.session = session;
    settings.session.application_name = "Baton 1.11.0 |App|" + settings.client_id.to_string();
    return settings;
}

/// An instance: a Leadership with hooks that write down what happens.
class Node {
  public:
    Node(async::Loop& loop, LeaseSettings settings, const Clock& clock = Clock::system())
        : loop_(loop),
          settings_(std::move(settings)),
          sink_(std::make_shared<test::RecordingSink>()),
          changed_(loop.executor()),
          tasks_(loop.executor(), [this](const std::string&, std::exception_ptr error) { error_ = error; }),
          pool_(loop.executor(), settings_.session, 4, 4),
          leadership_(loop.executor(), pool_, settings_, hooks(), clock, Random::system(), metrics_,
                      Logger(sink_, settings_.name)) {}

    ~Node() {
        // A test that gave up leaves it running.
        if (tasks_.size() > 0) loop_.run_until_done(tasks_.stop());
        if (!::testing::Test::HasFailure()) return;
        for (const auto& line : sink_->lines()) {
            std::cout << line.logger << ": " << line.message;
            for (const auto& field : line.fields)
                std::cout << " " << field.key << "=" << field.value;
            std::cout << "\n";
        }
    }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    void start() { tasks_.spawn("run", leadership_.run()); }
    /// Orderly.
    async::Task<void> release() {
        co_await leadership_.release();
        co_await tasks_.join();
    }
    /// As a process that is asked to end at once.
    async::Task<void> cancel() { co_await tasks_.stop(); }
    async::Task<void> joined() { co_await tasks_.join(); }

    async::Task<bool> reaches(model::LeadershipState state) {
        const auto until = patience();
        while (leadership_.state() != state) {
            const bool notified = co_await changed_.wait(until);
            if (!notified) co_return false;
        }
        co_return true;
    }
    /// True when `text` was logged before the deadline. Looks at it with every move and every few
    /// milliseconds.
    async::Task<bool> says(std::string text) {
        const auto until = patience();
        while (sink_->with(text).empty()) {
            if (until.passed()) co_return false;
            const auto soon = async::Deadline::after(std::chrono::milliseconds(5));
            co_await changed_.wait(soon);
        }
        co_return true;
    }

    Leadership& leadership() { return leadership_; }
    const LeaseSettings& settings() const { return settings_; }
    const test::RecordingSink& log() const { return *sink_; }
    const CountingMetrics& metrics() const { return metrics_; }
    const std::optional<Grant>& grant() const { return grant_; }
    BootClock::time_point granted_at() const { return granted_at_; }
    /// "prepare", "lead 3", "unlead orderly", "unlead", "leading -> draining", ...
    const std::vector<std::string>& events() const { return events_; }
    std::exception_ptr error() const { return error_; }
    std::string id() const { return settings_.client_id.to_string(); }
    /// Thrown by the hook of that name.
    std::map<std::string, std::string> fails;

  private:
    Leadership::Hooks hooks() {
        Leadership::Hooks hooks;
        hooks.prepare = [this](pg::Connection&) { return hook("prepare"); };
        hooks.lead = [this](const Grant& grant) {
            grant_ = grant;
            granted_at_ = BootClock::now();
            events_.push_back("lead " + std::to_string(grant.fence.epoch));
            return hook("");
        };
        hooks.unlead = [this](bool orderly) { return hook(orderly ? "unlead orderly" : "unlead"); };
        hooks.moved = [this](model::LeadershipState from, model::LeadershipState to, const std::string&) {
            events_.push_back(model::to_string(from) + " -> " + model::to_string(to));
            changed_.notify();
        };
        return hooks;
    }
    async::Task<void> hook(std::string name) {
        if (!name.empty()) events_.push_back(name);
        const auto found = fails.find(name);
        if (found != fails.end()) throw Error(found->second);
        co_return;
    }

    async::Loop& loop_;
    LeaseSettings settings_;
    std::shared_ptr<test::RecordingSink> sink_;
    CountingMetrics metrics_;
    async::Event changed_;
    std::exception_ptr error_;
    std::optional<Grant> grant_;
    BootClock::time_point granted_at_{};
    std::vector<std::string> events_;
    async::TaskGroup tasks_;
    pg::Pool pool_;
    Leadership leadership_;
};

/// A database with helpers to look into it from outside.
class LeaseTest : public test::DatabaseTest {
  protected:
    /// True when the query's value becomes `expected` before patience ends.
    bool becomes(const std::string& query, const std::string& expected) {
        const auto until = patience();
        while (database().value(query) != expected) {
            if (until.passed()) return false;
            run(async::sleep_for(std::chrono::milliseconds(2)));
        }
        return true;
    }
    /// Sessions that hold (or wait for) an advisory lock: `two_keys` tells the watch lock from that of
    /// v1.11.0.
    std::string holders(bool two_keys, bool granted = true) {
        return std::string("select count(*) from pg_locks where locktype = 'advisory' and ") +
               (granted ? "granted" : "not granted") +
               " and database = (select oid from pg_database where datname = " +
               "current_database()) and objsubid = " + (two_keys ? "2 and classid = 1112690767" : "1");
    }
    /// True when whoever holds the watch lock gave so many more signs of life before patience ends.
    bool beats(int count) {
        const std::string last =
            "select max(a.query_start)::text from pg_stat_activity a join pg_locks l using (pid) where "
            "l.granted and "
            "l.locktype = 'advisory' and l.objsubid = 2 and l.classid = 1112690767 and a.datname = "
            "current_database()";
        const auto until = patience();
        auto seen = database().value(last);
        while (count > 0) {
            if (until.passed()) return false;
            run(async::sleep_for(std::chrono::milliseconds(2)));
            auto now = database().value(last);
            if (now != seen) --count;
            seen = std::move(now);
        }
        return true;
    }
    std::unique_ptr<Node> node(const std::string& name, model::LockingMode mode) {
        return std::make_unique<Node>(loop(), settings_for(database().session_options(), name, mode));
    }
    /// Ends the sessions of the instance on the server, all at once, as the death of its process does.
    void cut(const Node& node) {
        database().run(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%" +
            node.id().substr(0, 28) + "%'");
    }
    void end(Node& node) { run(node.release()); }
};

}  // namespace baton::lease

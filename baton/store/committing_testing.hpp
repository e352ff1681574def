#pragma once

#include "baton/async/event.hpp"
#include "baton/async/group.hpp"
#include "baton/store/runs.hpp"
#include "testing/log.hpp"
#include "testing/product_world.hpp"

#include <memory>
#include <string>
#include <vector>

namespace baton::store {

/// For tests: a committer that works, and runs to give it. What is handed over together arrives before its
/// first batch.
class CommittingTest : public test::ProductWorld {
  protected:
    struct Outcome {
        std::optional<CommitResult> result;
        std::exception_ptr error;

        bool stored() const { return result && result->outcome == CommitOutcome::stored; }
        bool already_done() const { return result && result->outcome == CommitOutcome::already_done; }
        template <typename E>
        bool failed_with() const {
            if (!error) return false;
            try {
                std::rethrow_exception(error);
            } catch (const E&) {
                return true;
            } catch (...) {
                return false;
            }
        }
    };

    /// Commits all of them side by side; `ended` tells what ended the committer, if anything did.
    std::vector<Outcome> commit_all(std::vector<RunCommit> runs, std::exception_ptr* ended = nullptr) {
        std::vector<Outcome> outcomes(runs.size());
        run(drive(loop().executor(), writer(), log(), std::move(runs), &outcomes, ended));
        return outcomes;
    }
    Outcome commit(RunCommit one) {
        std::vector<RunCommit> runs;
        runs.push_back(std::move(one));
        return commit_all(std::move(runs)).front();
    }

    Logger log() { return Logger(sink_, "test"); }
    test::RecordingSink& lines() { return *sink_; }
    /// What arrived after its fellows were handed over is in no batch of theirs: fills the first batches.
    static constexpr std::size_t most_runs_per_batch = 64;

    static async::Task<void> drive(async::Executor executor, Writer writer, Logger log,
                                   std::vector<RunCommit> runs, std::vector<Outcome>* outcomes,
                                   std::exception_ptr* ended) {
        RunCommitter committer(executor, writer, log);
        async::TaskGroup serving(executor, [ended](const std::string&, std::exception_ptr error) {
            if (ended) *ended = error;
        });
        async::TaskGroup waiting(executor);
        for (std::size_t i = 0; i < runs.size(); ++i)
            waiting.spawn("commit", await(&committer, std::move(runs[i]), &(*outcomes)[i]));
        serving.spawn("committer", committer.run());
        co_await waiting.join();
        co_await serving.stop();
    }
    static async::Task<void> await(RunCommitter* committer, RunCommit run, Outcome* outcome) {
        try {
            outcome->result = co_await committer->commit(std::move(run));
        } catch (...) {
            outcome->error = std::current_exception();
        }
    }

  private:
    std::shared_ptr<test::RecordingSink> sink_ = std::make_shared<test::RecordingSink>();
};

}  // namespace baton::store

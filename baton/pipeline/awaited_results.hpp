#pragma once

#include "baton/async/event.hpp"
#include "baton/base/uuid.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::pipeline {

/// What came from outside for a task that waits for it: JSON text or an error.
struct TaskOutput {
    std::optional<std::string> json;
    std::optional<std::string> error;
};

/// Results that come for tasks of new runs, which nothing is stored of yet: an adapter may deliver before its
/// own answer has been read. They are kept in memory, as the run itself is: a run that is not stored is run
/// again and asks again. Loop thread only.
class AwaitedResults : public std::enable_shared_from_this<AwaitedResults> {
  public:
    explicit AwaitedResults(async::Executor executor) : changed_(std::move(executor)) {}

    /// The tasks of one run: results are taken for them until close(), which is the last moment at which the
    /// run can use them. To be destroyed when the run is stored, or will not be.
    class Places {
      public:
        Places(std::shared_ptr<AwaitedResults> owner, std::vector<Uuid> tasks);
        ~Places();
        Places(const Places&) = delete;
        Places& operator=(const Places&) = delete;

        std::optional<TaskOutput> take(const Uuid& task);
        void close();

      private:
        std::shared_ptr<AwaitedResults> owner_;
        std::vector<Uuid> tasks_;
    };
    std::shared_ptr<Places> open(std::vector<Uuid> tasks);

    enum class Put {
        /// No new run has that task.
        unknown,
        /// The run will use it. The first result of a task counts.
        kept,
        /// The run is about to be stored: gone() tells when.
        closed,
    };
    Put put(const Uuid& task, TaskOutput output);
    /// Returns when the run of the task is stored, or will not be. Throws Cancelled.
    static async::Task<void> gone(std::shared_ptr<AwaitedResults> self, Uuid task);

  private:
    struct Place {
        bool closed = false;
        std::optional<TaskOutput> output;
    };
    std::map<Uuid, Place> places_;
    async::Event changed_;
};

}  // namespace baton::pipeline

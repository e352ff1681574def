#include "baton/pipeline/awaited_results.hpp"

namespace baton::pipeline {

AwaitedResults::Places::Places(std::shared_ptr<AwaitedResults> owner, std::vector<Uuid> tasks)
    : owner_(std::move(owner)), tasks_(std::move(tasks)) {
    for (const auto& task : tasks_)
        owner_->places_[task];
}

AwaitedResults::Places::~Places() {
    for (const auto& task : tasks_)
        owner_->places_.erase(task);
    owner_->changed_.notify();
}

std::optional<TaskOutput> AwaitedResults::Places::take(const Uuid& task) {
    const auto place = owner_->places_.find(task);
    if (place == owner_->places_.end()) return std::nullopt;
    return place->second.output;
}

void AwaitedResults::Places::close() {
    for (const auto& task : tasks_)
        owner_->places_[task].closed = true;
}

std::shared_ptr<AwaitedResults::Places> AwaitedResults::open(std::vector<Uuid> tasks) {
    return std::make_shared<Places>(shared_from_this(), std::move(tasks));
}

AwaitedResults::Put AwaitedResults::put(const Uuid& task, TaskOutput output) {
    const auto place = places_.find(task);
    if (place == places_.end()) return Put::unknown;
    if (place->second.closed) return Put::closed;
    if (!place->second.output) place->second.output = std::move(output);
    return Put::kept;
}

async::Task<void> AwaitedResults::gone(std::shared_ptr<AwaitedResults> self, Uuid task) {
    while (self->places_.contains(task))
        co_await self->changed_.wait();
}

}  // namespace baton::pipeline

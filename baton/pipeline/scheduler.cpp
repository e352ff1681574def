#include "baton/pipeline/scheduler.hpp"

#include "baton/pipeline/backoff.hpp"

#include <algorithm>

namespace baton::pipeline {

using codec::Value;
using State = Scheduler::Slot::State;

Scheduler::Scheduler(const Graph& graph, codec::Map vars)
    : graph_(graph), vars_(std::make_shared<codec::Map>(std::move(vars))), slots_(graph.tasks().size()) {
    for (const Task& task : graph.tasks())
        slots_[task.id].missing_inputs = task.inputs.size();
}

void Scheduler::restore(std::size_t task, Value value) {
    slots_[task].value = std::move(value);
    finish(task);
    ready_.clear();
}

void Scheduler::restore_pending(std::size_t task) {
    slots_[task].state = State::pending;
}

void Scheduler::start() {
    for (std::size_t task = 0; task < slots_.size(); ++task) {
        Slot& slot = slots_[task];
        if (slot.state == State::ready) ready_.push_back(task);
        if (slot.state != State::waiting || slot.missing_inputs > 0) continue;
        slot.state = State::ready;
        ready_.push_back(task);
    }
}

std::optional<std::size_t> Scheduler::take_ready() {
    if (ready_.empty()) return std::nullopt;
    const std::size_t task = ready_.front();
    ready_.pop_front();
    slots_[task].state = State::running;
    ++running_;
    return task;
}

std::shared_ptr<const codec::Map> Scheduler::vars_for(std::size_t task) const {
    const auto& fixed = slots_[task].vars;
    return fixed != nullptr ? fixed : vars_;
}

std::vector<const Value*> Scheduler::inputs_for(std::size_t task) const {
    std::vector<std::size_t> from;
    for (const Task::Input& input : graph_.tasks()[task].inputs) {
        if (input.propagate) from.push_back(input.from);
    }
    std::ranges::sort(from, {}, [&](std::size_t id) { return std::pair(graph_.tasks()[id].index, id); });
    std::vector<const Value*> inputs;
    inputs.reserve(from.size());
    for (const std::size_t id : from)
        inputs.push_back(&slots_[id].value);
    return inputs;
}

std::optional<std::chrono::nanoseconds> Scheduler::report(std::size_t task, Value value, bool pending) {
    const Task& what = graph_.tasks()[task];
    Slot& slot = slots_[task];
    --running_;
    ++slot.attempts;
    slot.vars.reset();
    slot.value = std::move(value);
    const bool errored = slot.value.error_or_null() != nullptr;
    if (pending && !errored) {
        slot.state = State::pending;
        return std::nullopt;
    }
    if (errored && !stopped_ && !what.fail_early && slot.attempts < what.retries) {
        slot.state = State::retrying;
        ++retrying_;
        set_var(what.dot_id, slot.value);
        slot.vars = vars_;
        return retry_delay(what.min_backoff, what.max_backoff, slot.attempts);
    }
    finish(task);
    if (errored && what.fail_early) stop();
    return std::nullopt;
}

void Scheduler::put_result(std::size_t task, Value value) {
    Slot& slot = slots_[task];
    slot.value = std::move(value);
    const bool errored = slot.value.error_or_null() != nullptr;
    finish(task);
    if (errored && graph_.tasks()[task].fail_early) stop();
}

void Scheduler::retry(std::size_t task) {
    if (slots_[task].state != State::retrying) return;
    slots_[task].state = State::ready;
    --retrying_;
    ready_.push_back(task);
}

bool Scheduler::has_pending() const {
    return std::ranges::find(slots_, State::pending, &Slot::state) != slots_.end();
}

void Scheduler::set_var(const std::string& name, const Value& value) {
    if (vars_.use_count() > 1) vars_ = std::make_shared<codec::Map>(*vars_);
    vars_->insert_or_assign(name, value);
}

void Scheduler::finish(std::size_t task) {
    Slot& slot = slots_[task];
    slot.state = State::finished;
    const Task& what = graph_.tasks()[task];
    set_var(what.dot_id, slot.value);
    for (const std::size_t next : what.outputs) {
        Slot& dependant = slots_[next];
        if (--dependant.missing_inputs > 0 || stopped_ || dependant.state != State::waiting) continue;
        dependant.state = State::ready;
        ready_.push_back(next);
    }
}

void Scheduler::stop() {
    stopped_ = true;
    ready_.clear();
    retrying_ = 0;
    for (Slot& slot : slots_) {
        if (slot.state == State::running || slot.state == State::finished) continue;
        slot.state = State::finished;
        slot.value = codec::ErrorValue{std::string(sentinel::cancelled)};
        slot.vars.reset();
    }
}

}  // namespace baton::pipeline

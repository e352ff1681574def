#pragma once

#include "baton/async/event.hpp"
#include "baton/base/error.hpp"

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace baton::async {

/// One value (or error) handed from one task to another on the same loop thread, e.g. "your row is
/// committed". Copies share the state. Set at most once; later sets are ignored.
template <typename T>
class Promise {
  public:
    explicit Promise(Executor executor) : state_(std::make_shared<State>(executor)) {}
    void set_value(T value) const {
        if (state_->done()) return;
        state_->value.emplace(std::move(value));
        state_->event.notify();
    }
    void set_error(std::exception_ptr error) const {
        if (state_->done()) return;
        state_->error = std::move(error);
        state_->event.notify();
    }
    bool is_set() const { return state_->done(); }
    /// Waits for the value; throws the error that was set, Cancelled, or TimedOut when the deadline passed.
    /// One waiter.
    Task<T> get(Deadline deadline = Deadline::never()) const { return wait(state_, deadline); }

  private:
    struct State {
        explicit State(Executor executor) : event(executor) {}
        bool done() const { return value.has_value() || error; }
        Event event;
        std::optional<T> value;
        std::exception_ptr error;
    };
    static Task<T> wait(std::shared_ptr<State> state, Deadline deadline) {
        while (!state->done()) {
            const bool notified = co_await state->event.wait(deadline);
            if (!notified) throw TimedOut("timed out while waiting for a result");
        }
        if (state->error) std::rethrow_exception(state->error);
        co_return std::move(*state->value);
    }
    std::shared_ptr<State> state_;
};

}  // namespace baton::async

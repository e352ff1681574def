#pragma once

// Inside baton/net only: a deadline over Asio operations that know none.

#include "baton/async/deadline.hpp"
#include "baton/async/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace baton::net {

/// Calls `end` (which cancels or closes something) once when the deadline passes, unless destroyed before.
/// One thread.
class Expiry {
  public:
    Expiry(const async::Executor& executor, async::Deadline deadline, std::function<void()> end)
        : state_(std::make_shared<State>(executor, std::move(end))) {
        if (deadline.is_never()) return;
        state_->timer.expires_at(deadline.at());
        state_->timer.async_wait([weak = std::weak_ptr<State>(state_)](boost::system::error_code error) {
            const auto state = weak.lock();
            if (error || !state) return;
            state->passed = true;
            state->end();
        });
    }
    Expiry(const Expiry&) = delete;
    Expiry& operator=(const Expiry&) = delete;

    bool passed() const { return state_->passed; }

  private:
    struct State {
        State(const async::Executor& executor, std::function<void()> ends)
            : timer(executor), end(std::move(ends)) {}
        boost::asio::basic_waitable_timer<BootClock, boost::asio::wait_traits<BootClock>, async::Executor>
            timer;
        std::function<void()> end;
        bool passed = false;
    };
    std::shared_ptr<State> state_;
};

}  // namespace baton::net

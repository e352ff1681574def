#include "baton/async/descriptor.hpp"

#include "baton/async/event.hpp"
#include "baton/async/waiter.hpp"
#include "baton/base/error.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <utility>

namespace baton::async {

namespace asio = boost::asio;

namespace {
using StreamDescriptor = asio::posix::basic_stream_descriptor<Executor>;
}

struct Descriptor::Impl {
    Impl(const Executor& executor, int fd) : descriptor(executor, fd), timer(executor) {}

    /// Ends the wait with number `turn` when its deadline passes; a late timer of an earlier wait does
    /// nothing.
    static void arm(const std::shared_ptr<Impl>& self, Deadline deadline) {
        self->timed_out = false;
        ++self->turn;
        if (deadline.is_never()) return;
        self->timer.expires_at(deadline.at());
        self->timer.async_wait(
            [weak = std::weak_ptr(self), turn = self->turn](boost::system::error_code error) {
                const auto impl = weak.lock();
                if (error || !impl || impl->turn != turn || !impl->descriptor.is_open()) return;
                impl->timed_out = true;
                impl->descriptor.cancel();
            });
    }

    static Task<bool> wait(std::shared_ptr<Impl> self, Ready what, Deadline deadline) {
        if (!self->descriptor.is_open()) throw Cancelled();
        arm(self, deadline);
        const auto kind =
            what == Ready::readable ? StreamDescriptor::wait_read : StreamDescriptor::wait_write;
        boost::system::error_code error;
        co_await self->descriptor.async_wait(kind, asio::redirect_error(asio::use_awaitable, error));
        ++self->turn;
        if (!deadline.is_never()) self->timer.cancel();
        if (!error) co_return true;
        if (self->timed_out) co_return false;
        if (error == asio::error::operation_aborted) throw Cancelled();
        throw Error("cannot wait for a descriptor: " + error.message());
    }

    struct Either {
        explicit Either(const Executor& executor) : event(executor) {}
        Event event;
        boost::system::error_code error;
        bool over = false;
    };

    void start(const std::shared_ptr<Either>& either, StreamDescriptor::wait_type kind) {
        descriptor.async_wait(kind, [either](boost::system::error_code error) {
            if (std::exchange(either->over, true)) return;
            either->error = error;
            either->event.notify();
        });
    }

    /// Two waits of which the first one wakes the task. Rare (a full socket), so it may cost more.
    static Task<bool> wait_either(std::shared_ptr<Impl> self, Deadline deadline) {
        if (!self->descriptor.is_open()) throw Cancelled();
        const auto either = std::make_shared<Either>(self->descriptor.get_executor());
        self->start(either, StreamDescriptor::wait_read);
        self->start(either, StreamDescriptor::wait_write);
        const CancelOnExit cancel(self->descriptor);
        const bool ready = co_await either->event.wait(deadline);
        either->over = true;
        if (either->error == asio::error::operation_aborted) throw Cancelled();
        if (either->error) throw Error("cannot wait for a descriptor: " + either->error.message());
        co_return ready;
    }

    class CancelOnExit {
      public:
        explicit CancelOnExit(StreamDescriptor& of) : descriptor_(of) {}
        CancelOnExit(const CancelOnExit&) = delete;
        CancelOnExit& operator=(const CancelOnExit&) = delete;
        ~CancelOnExit() {
            if (descriptor_.is_open()) descriptor_.cancel();
        }

      private:
        StreamDescriptor& descriptor_;
    };

    StreamDescriptor descriptor;
    BootTimer timer;
    unsigned turn = 0;
    bool timed_out = false;
};

Descriptor::Descriptor(Executor executor, int fd) : impl_(std::make_shared<Impl>(executor, fd)) {}
Descriptor::~Descriptor() {
    release();
}

Task<bool> Descriptor::wait(Ready what, Deadline deadline) {
    return what == Ready::either ? Impl::wait_either(impl_, deadline) : Impl::wait(impl_, what, deadline);
}

void Descriptor::release() {
    if (impl_->descriptor.is_open()) impl_->descriptor.release();
}

}  // namespace baton::async

#include "baton/lease/hold_off.hpp"

#include "baton/async/timer.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/takeover.hpp"

#include <utility>

namespace baton::lease {

namespace {

constexpr std::chrono::milliseconds look_every{50};
constexpr std::chrono::seconds quiet_for{5};
constexpr std::chrono::milliseconds reconnect_after{250};

/// One look; opens the session first where needed.
async::Task<Ended> look(LockSession& session, const LeaseSettings& settings, const pg::OwnSchema& names,
                        const Uuid& v1) {
    if (!session.usable()) {
        const LockSessionLimits limits{settings.lease_duration, settings.suspect_after};
        const auto deadline = async::Deadline::after(settings.session.connect_timeout);
        co_await session.open(settings.session, limits, deadline);
    }
    co_return co_await end_sessions(session, names, id_start(v1), settings.query_timeout);
}

}  // namespace

async::Task<void> hold_off_v1(async::Executor executor, LeaseSettings settings, pg::OwnSchema names, Uuid v1,
                              Logger log) {
    LockSession session(executor, "hold-off");
    int total = 0;
    bool refused = false;
    auto quiet_since = BootClock::now();
    while (BootClock::now() - quiet_since < quiet_for) {
        std::exception_ptr error;
        Ended ended;
        try {
            ended = co_await look(session, settings, names, v1);
        } catch (...) {
            error = std::current_exception();
        }
        if (error && async::is_cancellation(error)) std::rethrow_exception(error);
        if (error) {
            session.close();
            quiet_since = BootClock::now();
            co_await async::sleep_for(reconnect_after);
            continue;
        }
        if (ended.refused > 0 && !refused) {
            refused = true;
            log.warn(
                "this role may not end sessions of the former Chainlink v1.11.0; it may write for some "
                "seconds "
                "more",
                {{"sessions", std::to_string(ended.refused)}});
        }
        if (ended.ended > 0) quiet_since = BootClock::now();
        total += ended.ended;
        co_await async::sleep_for(look_every);
    }
    if (refused) co_return;
    log.info("the former Chainlink v1.11.0 is gone", {{"sessionsEnded", std::to_string(total)}});
}

}  // namespace baton::lease

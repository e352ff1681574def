#pragma once

#include "baton/async/event.hpp"
#include "baton/async/future.hpp"
#include "baton/async/group.hpp"
#include "baton/async/retry.hpp"
#include "baton/lease/advisory_lock.hpp"
#include "baton/lease/lease.hpp"
#include "baton/lease/lease_row.hpp"
#include "baton/lease/lock_session.hpp"
#include "baton/lease/presence.hpp"
#include "baton/lease/takeover.hpp"
#include "baton/lease/token_lock.hpp"
#include "baton/model/leadership_decision.hpp"
#include "baton/model/precedence.hpp"
#include "baton/model/suspicion.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::lease {

/// What Leadership does (lease.hpp says how it looks from outside). Its life is a row of tenures: open the
/// lock sessions, look, let model::decide() say the next step, do it, look again, until the sessions are lost
/// or a release is asked for; then give back what is held and begin anew. While a tenure lasts, one keeper
/// per lock session refreshes what it holds. Loop thread only.
class Machine {
  public:
    Machine(async::Executor executor, pg::Pool& pool, LeaseSettings settings, Leadership::Hooks hooks,
            const Clock& clock, Random& random, Metrics& metrics, Logger log);
    ~Machine();

    async::Task<void> run();
    async::Task<void> release();
    async::Task<void> hand_over(std::optional<std::string> to);
    model::LeadershipState state() const { return state_; }
    bool may_act() const;
    async::Deadline send_deadline() const;
    std::optional<std::chrono::nanoseconds> heartbeat_age() const;
    void lost(std::string why);
    const pg::OwnSchema& schemas() const { return names_; }

  private:
    // machine.cpp: life
    async::Task<void> work();
    async::Task<void> tenure();
    async::Task<void> end_tenure();
    async::Task<bool> do_step(model::LeadershipStep step);
    async::Task<void> look();
    void hold_off(const Uuid& v1);
    void tenure_failed(const std::exception_ptr& error, bool taking, std::chrono::nanoseconds again_after);
    void move(model::LeadershipState to, const std::string& why);
    /// The tenure cannot go on: a session or a lock is gone.
    void lose(const std::string& why);
    bool interrupted() const;
    /// Runs `work`; a loss or a release cancels it, which closes the session that it waits on. False when
    /// that happened.
    async::Task<bool> unless_interrupted(async::Task<void> work);
    /// Several at the same time; throws the first error when all have ended.
    async::Task<bool> unless_interrupted(std::vector<async::Task<void>> works);

    // connecting.cpp: the sessions of a tenure, ready for a takeover
    async::Task<void> open_sessions();
    async::Task<void> open_watch(pg::SessionOptions options, LockSessionLimits limits,
                                 async::Deadline deadline);
    async::Task<void> warm_up();
    async::Task<void> warm_up_follow_ups();
    void check_server();

    // waiting.cpp: the way to the locks
    std::vector<pg::Statement> follow_ups() const;
    async::Task<void> wait_for_watch();
    async::Task<bool> gave_way(pg::Result rivals);
    async::Task<void> claim_from(FormerBaton former);
    async::Task<bool> claimed_lease();
    void advisory_answered(const LockWait& wait);
    async::Task<void> former_baton_ended(FormerBaton former);
    void lease_taken();
    async::Task<void> create_own_schema();
    async::Task<void> take_lease();
    async::Task<void> wait_for_lease();
    async::Task<void> wait_for_advisory();
    async::Task<void> give_advisory_back();
    async::Task<void> end_former_holder(std::optional<LockHolder> holder);
    std::chrono::milliseconds slice(int tries) const;
    std::vector<pg::Statement> with_advisory() const;
    void say_initial();
    void say_lease_is_held();
    void say_advisory_is_held();
    void meet_v1(const Uuid& client_id, bool by_lease);
    AdvisoryKey watch_key() const;
    AdvisoryKey advisory_key() const;
    model::Instance self() const;

    // leading.cpp: takeover, epoch, end
    async::Task<void> take_over();
    TakeoverRequest takeover_request() const;
    bool former_was_frozen() const;
    GapStart gap_before() const;
    async::Task<void> prepare();
    void prepare_ahead();
    async::Task<bool> is_prepared();
    async::Task<void> lead();
    async::Task<bool> start_services();
    async::Task<void> say_what_a_failover_loses();
    async::Task<std::optional<Uuid>> choose_next_leader(std::optional<std::string> to);
    async::Task<void> drain_for_handover();
    async::Task<void> step_down();
    async::Task<void> release_all();
    async::Task<void> end_services(bool orderly);
    async::Task<void> give_back(async::Task<void> last_words);
    async::Task<void> give_back_lease_and_advisory();
    void epoch_failed(const std::string& why);

    // suspicion.cpp: is the one that is waited for alive?
    struct Suspect {
        AdvisoryKey key;
        std::chrono::nanoseconds limit;
    };
    std::optional<Suspect> suspect() const;
    async::Task<void> keep_suspecting();
    async::Task<void> suspect_once(LockSession* session, model::Suspicion* suspicion, AdvisoryKey key);
    void say_holder_is_invisible();

    // keepers.cpp: what goes on beside
    void start_keepers();
    async::Task<void> keep_watch();
    async::Task<void> keep_lease();
    async::Task<void> keep_advisory();
    async::Task<void> beat();
    async::Task<void> tend_lease();
    async::Task<void> tend_advisory();

    async::Executor executor_;
    LeaseSettings settings_;
    Leadership::Hooks hooks_;
    const Clock& clock_;
    Random& random_;
    Metrics& metrics_;
    Logger log_;
    Logger lease_log_;
    Logger advisory_log_;

    // For good.
    model::LeadershipState state_ = model::LeadershipState::starting;
    pg::OwnSchema names_;
    Presence presence_;
    bool running_ = false;
    bool ended_ = false;
    bool orderly_ = true;
    std::exception_ptr failure_;
    async::Event ended_event_;
    async::Event handed_over_;
    async::Backoff backoff_;
    /// Lock sessions of the tenure before: ended before new ones queue.
    std::vector<BackendId> former_backends_;
    /// The last trouble that was logged, and when.
    std::string told_failure_;
    model::Precedence precedence_;
    bool told_invisible_ = false;
    BootClock::time_point told_failure_at_{};
    /// A v1.11.0 that was taken over from keeps writing for a while, whatever becomes of the tenure.
    async::TaskGroup hold_offs_;

    // Of a tenure.
    model::LeadershipView view_;
    LockSession watch_;
    LockSession lease_;
    LockSession advisory_;
    /// Of the epoch that this tenure may come to; its lock is taken together with the advisory lock.
    Uuid token_;
    std::optional<LeaseRow> lease_row_;
    LeaseLook lease_look_;
    /// Whose the row is, as a rule: the Baton's that led. The first take says itself whether that is so, and
    /// spares the takeover a look.
    std::optional<Uuid> lease_expected_of_;
    /// Whether prepare_ahead() did what prepare() does.
    std::optional<async::Promise<bool>> prepared_;
    std::unique_ptr<async::TaskGroup> keepers_;
    /// Notified by whatever could change the next step.
    async::Event wake_;
    /// Set at the tenure's end: keepers say and do nothing more.
    bool quiet_ = false;
    bool listening_ = false;
    bool own_up_to_date_ = false;
    /// When this tenure began, and when the watch lock was granted.
    bool product_was_complete_ = false;
    bool product_is_complete_ = false;
    std::string loss_;
    int watch_tries_ = 0;
    int lease_tries_ = 0;
    int advisory_tries_ = 0;
    BootClock::time_point granted_at_{};
    BootClock::time_point watch_granted_at_{};
    BootClock::time_point gave_back_at_{};
    FormerBaton former_;
    /// Who held the watch lock while this instance waited for it.
    std::string watch_holder_;
    /// Start of the id of a holder whose sessions were ended because it was silent.
    std::string frozen_;
    /// The server's time of its last statement.
    std::string frozen_since_;
    std::optional<Uuid> former_v1_;
    bool v1_lease_expired_ = false;

    // Of an epoch.
    Grant grant_;
    /// Whom the handover that was asked for goes to, if one was named.
    std::optional<Uuid> next_leader_;
    bool acting_ = false;
    bool services_begun_ = false;
    BootClock::time_point last_heartbeat_sent_{};
};

}  // namespace baton::lease

#include "baton/model/enum_names.hpp"

#include "baton/model/leadership.hpp"
#include "baton/model/run.hpp"
#include "baton/model/transaction.hpp"
#include "baton/model/user.hpp"

namespace baton::model {

namespace {

constexpr EnumNames<RunState, 4> run_states{"run state",
                                            {{{RunState::running, "running"},
                                              {RunState::suspended, "suspended"},
                                              {RunState::errored, "errored"},
                                              {RunState::completed, "completed"}}}};

constexpr EnumNames<TxState, 6> tx_states{"transaction state",
                                          {{{TxState::unstarted, "unstarted"},
                                            {TxState::in_progress, "in_progress"},
                                            {TxState::fatal_error, "fatal_error"},
                                            {TxState::unconfirmed, "unconfirmed"},
                                            {TxState::confirmed_missing_receipt, "confirmed_missing_receipt"},
                                            {TxState::confirmed, "confirmed"}}}};

constexpr EnumNames<AttemptState, 3> attempt_states{"attempt state",
                                                    {{{AttemptState::in_progress, "in_progress"},
                                                      {AttemptState::insufficient_eth, "insufficient_eth"},
                                                      {AttemptState::broadcast, "broadcast"}}}};

constexpr EnumNames<LockingMode, 4> locking_modes{"locking mode",
                                                  {{{LockingMode::dual, "dual"},
                                                    {LockingMode::lease, "lease"},
                                                    {LockingMode::advisorylock, "advisorylock"},
                                                    {LockingMode::none, "none"}}}};

constexpr EnumNames<LeadershipState, 6> leadership_states{"leadership state",
                                                          {{{LeadershipState::starting, "starting"},
                                                            {LeadershipState::standby, "standby"},
                                                            {LeadershipState::taking, "taking"},
                                                            {LeadershipState::leading, "leading"},
                                                            {LeadershipState::draining, "draining"},
                                                            {LeadershipState::stopped, "stopped"}}}};

constexpr EnumNames<Role, 4> roles{
    "role", {{{Role::view, "view"}, {Role::run, "run"}, {Role::edit, "edit"}, {Role::admin, "admin"}}}};

}  // namespace

std::string to_string(RunState state) {
    return run_states.name(state);
}
RunState parse_run_state(std::string_view text) {
    return run_states.parse(text);
}
std::string to_string(TxState state) {
    return tx_states.name(state);
}
TxState parse_tx_state(std::string_view text) {
    return tx_states.parse(text);
}
std::string to_string(AttemptState state) {
    return attempt_states.name(state);
}
AttemptState parse_attempt_state(std::string_view text) {
    return attempt_states.parse(text);
}
std::string to_string(LockingMode mode) {
    return locking_modes.name(mode);
}
LockingMode parse_locking_mode(std::string_view text) {
    return locking_modes.parse(text);
}
std::string to_string(LeadershipState state) {
    return leadership_states.name(state);
}
LeadershipState parse_leadership_state(std::string_view text) {
    return leadership_states.parse(text);
}
std::string to_string(Role role) {
    return roles.name(role);
}
Role parse_role(std::string_view text) {
    return roles.parse(text);
}

}  // namespace baton::model

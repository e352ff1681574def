#pragma once

#include <functional>
#include <optional>
#include <string>

namespace baton::pg {

/// Which server a session talks to; a change means another database history (leadership.md section 4).
struct ServerIdentity {
    std::string system_identifier;
    std::string timeline;
    int version = 0;  // e.g. 150020
    bool operator==(const ServerIdentity& other) const {
        return system_identifier == other.system_identifier && timeline == other.timeline;
    }
};

/// The one database history that this instance works on. The lock sessions decide which it is; every other
/// session is compared with it when it is opened (leadership.md section 4): the same epoch and token can
/// stand in a replica that was promoted. What a server does not tell (no right to) counts as equal. Loop
/// thread only.
class ServerHistory {
  public:
    /// What the lock sessions reached. Calls `on_change` when it is not what was known before; then true.
    bool adopt(const ServerIdentity& found);
    /// What another session reached. Throws OtherHistory when it is another history. Calls `on_other` before,
    /// unless that one is merely older: a former primary that still answers.
    void require(const ServerIdentity& found);
    const std::optional<ServerIdentity>& known() const { return known_; }

    /// Sessions that were opened before are of no use.
    std::function<void()> on_change;
    /// The lock sessions are not where the database is now.
    std::function<void(const std::string& why)> on_other;

  private:
    std::optional<ServerIdentity> known_;
};

}  // namespace baton::pg

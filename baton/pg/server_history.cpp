#include "baton/pg/server_history.hpp"

#include "baton/pg/error.hpp"

namespace baton::pg {

namespace {

bool agree(const std::string& one, const std::string& other) {
    return one.empty() || other.empty() || one == other;
}

bool agree(const ServerIdentity& one, const ServerIdentity& other) {
    return agree(one.system_identifier, other.system_identifier) && agree(one.timeline, other.timeline);
}

std::string described(const ServerIdentity& server) {
    return "system identifier " + server.system_identifier + ", timeline " + server.timeline;
}

}  // namespace

bool ServerHistory::adopt(const ServerIdentity& found) {
    const bool changed = known_ && !agree(*known_, found);
    known_ = found;
    if (changed && on_change) on_change();
    return changed;
}

void ServerHistory::require(const ServerIdentity& found) {
    if (!known_) known_ = found;
    if (agree(*known_, found)) return;
    const std::string why = "a session reached a database of another history (" + described(found) +
                            ") than the one that was worked on so far (" + described(*known_) +
                            "): it was replaced, restored or failed over";
    // Timelines are hexadecimal numbers of eight digits.
    const bool older =
        found.system_identifier == known_->system_identifier && found.timeline < known_->timeline;
    if (!older && on_other) on_other(why);
    throw OtherHistory(why);
}

}  // namespace baton::pg

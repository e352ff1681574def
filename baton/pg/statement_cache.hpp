#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace baton::pg {

/// Which SQL texts one session has prepared, and under which names; forgets the least recently used first.
class StatementCache {
  public:
    struct Entry {
        std::string sql;
        /// s1, s2, ...: never used twice in a session.
        std::string name;
        /// False until the server has confirmed the preparation.
        bool prepared = false;
    };

    explicit StatementCache(std::size_t most) : most_(most) {}
    StatementCache(const StatementCache&) = delete;
    StatementCache& operator=(const StatementCache&) = delete;

    /// The entry of `sql`, made if missing (then not prepared); the most recently used one from now on. Stays
    /// where it is until removed.
    Entry& use(const std::string& sql) {
        if (const auto found = by_sql_.find(sql); found != by_sql_.end()) {
            entries_.splice(entries_.begin(), entries_, found->second);
            return entries_.front();
        }
        entries_.push_front({sql, "s" + std::to_string(++last_number_)});
        by_sql_.emplace(entries_.front().sql, entries_.begin());
        return entries_.front();
    }
    /// More than allowed: remove the least_recent() after telling the server.
    bool full() const { return entries_.size() > most_; }
    const Entry& least_recent() const { return entries_.back(); }
    void remove_least_recent() {
        by_sql_.erase(entries_.back().sql);
        entries_.pop_back();
    }
    /// After a failed pipeline: what the server never got to prepare.
    void remove_unprepared() {
        for (auto entry = entries_.begin(); entry != entries_.end();) {
            if (entry->prepared) {
                ++entry;
            } else {
                by_sql_.erase(entry->sql);
                entry = entries_.erase(entry);
            }
        }
    }
    std::size_t size() const { return entries_.size(); }

  private:
    std::size_t most_;
    std::size_t last_number_ = 0;
    std::list<Entry> entries_;
    /// Views into the entries.
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_sql_;
};

}  // namespace baton::pg

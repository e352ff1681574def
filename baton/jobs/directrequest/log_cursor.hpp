#pragma once

#include "baton/base/bytes.hpp"
#include "baton/store/logs.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace baton::jobs {

/// Where reading logs begins after a takeover (docs/architecture.md; reference/evm.md section 5.3): the
/// lowest block whose logs may not all be recorded. What a reorganisation may still have replaced since it
/// was read is read again.
struct ReadingDepths {
    /// Over all jobs.
    std::uint32_t most_confirmations = 0;
    std::uint32_t finality = 0;
    std::uint32_t backfill = 0;
    bool backfill_skip = false;
};
std::uint64_t first_block_to_read(const store::ResumePoint& point, std::uint64_t head,
                                  const ReadingDepths& depths);

/// Which blocks are read: live ones up to `processed`, and behind them a back-fill that may still have a gap
/// to close.
class LogCursor {
  public:
    using IsCanonical = std::function<std::optional<bool>(std::uint64_t, const Hash&)>;

    /// Everything below `from` is read.
    void start(std::uint64_t from);
    /// What is not read up to this block, which has this hash, becomes a back-fill, so that newer heads are
    /// served meanwhile.
    void leave_to_back_fill(std::uint64_t number, const Hash& hash);

    std::uint64_t processed() const { return processed_; }
    /// The block is read, with this hash.
    void advance(std::uint64_t number, const Hash& hash);
    /// The highest read block that is still canonical as far as is known; never below what was read at the
    /// start or forgotten.
    std::uint64_t fork(const IsCanonical& is_canonical) const;
    /// A reorganisation: everything above `fork` is to be read again.
    void rewind(std::uint64_t fork);
    std::optional<Hash> hash_at(std::uint64_t number) const;
    void forget_below(std::uint64_t number);

    struct Gap {
        std::uint64_t from = 0;
        std::uint64_t to = 0;
    };
    /// What the back-fill has still to read.
    std::optional<Gap> gap() const { return gap_; }
    /// The back-fill has read up to this block, which has this hash.
    void close_gap_to(std::uint64_t number, const Hash& hash);
    /// The highest block below which everything is read: what may be recorded as progress.
    std::uint64_t contiguous() const;

  private:
    std::uint64_t processed_ = 0;
    /// The block before the first one whose hash is known.
    std::uint64_t floor_ = 0;
    std::map<std::uint64_t, Hash> hashes_;
    std::optional<Gap> gap_;
};

}  // namespace baton::jobs

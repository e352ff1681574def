#include "baton/jobs/directrequest/log_cursor.hpp"

#include <algorithm>
#include <iterator>

namespace baton::jobs {

namespace {
std::uint64_t minus(std::uint64_t a, std::uint64_t b) {
    return a > b ? a - b : 0;
}
}  // namespace

std::uint64_t first_block_to_read(const store::ResumePoint& point, std::uint64_t head,
                                  const ReadingDepths& depths) {
    std::optional<std::uint64_t> first;
    if (point.progress_is_current && point.processed) {
        // Nobody followed the chain since, so that its newest blocks may have been replaced.
        first = minus(*point.processed + 1, std::max(depths.finality, depths.most_confirmations));
    } else if (point.highest_head && !depths.backfill_skip) {
        // A v1.11.0 was here last: it delivered everything below its last head but what waited for
        // confirmations.
        first = minus(*point.highest_head, std::uint64_t(depths.most_confirmations) + depths.backfill);
    } else {
        first = minus(head, depths.backfill);
    }
    if (point.lowest_unconsumed) first = std::min(*first, *point.lowest_unconsumed);
    if (point.lowest_pending) first = std::min(*first, *point.lowest_pending);
    return std::min(*first, head + 1);
}

void LogCursor::start(std::uint64_t from) {
    hashes_.clear();
    gap_.reset();
    processed_ = minus(from, 1);
    floor_ = processed_;
}

void LogCursor::leave_to_back_fill(std::uint64_t number, const Hash& hash) {
    if (number <= processed_) return;
    // With a back-fill under way the blocks between the two are read twice, which does no harm.
    gap_ = Gap{gap_ ? gap_->from : processed_ + 1, number};
    advance(number, hash);
}

void LogCursor::advance(std::uint64_t number, const Hash& hash) {
    processed_ = number;
    hashes_[number] = hash;
}

std::uint64_t LogCursor::fork(const IsCanonical& is_canonical) const {
    const auto lowest = std::min(floor_, processed_);
    bool left = false;
    for (auto at = hashes_.rbegin(); at != hashes_.rend(); ++at) {
        const auto canonical = is_canonical(at->first, at->second);
        // Between two known blocks nothing tells which ones left the chain with the upper one.
        if (!canonical || *canonical) return left ? std::max(at->first, lowest) : processed_;
        left = true;
    }
    return left ? lowest : processed_;
}

void LogCursor::rewind(std::uint64_t fork) {
    processed_ = std::min(processed_, fork);
    hashes_.erase(hashes_.upper_bound(fork), hashes_.end());
    if (!gap_) return;
    gap_->to = std::min(gap_->to, processed_);
    if (gap_->from > gap_->to) gap_.reset();
}

std::optional<Hash> LogCursor::hash_at(std::uint64_t number) const {
    const auto found = hashes_.find(number);
    if (found == hashes_.end()) return std::nullopt;
    return found->second;
}

void LogCursor::forget_below(std::uint64_t number) {
    const auto kept = hashes_.lower_bound(number);
    if (kept != hashes_.begin()) floor_ = std::prev(kept)->first;
    hashes_.erase(hashes_.begin(), kept);
}

void LogCursor::close_gap_to(std::uint64_t number, const Hash& hash) {
    if (!gap_) return;
    hashes_[number] = hash;
    gap_->from = number + 1;
    if (gap_->from > gap_->to) gap_.reset();
}

std::uint64_t LogCursor::contiguous() const {
    return gap_ ? minus(gap_->from, 1) : processed_;
}

}  // namespace baton::jobs

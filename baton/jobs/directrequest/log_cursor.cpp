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
                                  std::uint32_t most_confirmations, std::uint32_t backfill_depth,
                                  bool backfill_skip) {
    std::optional<std::uint64_t> first;
    if (point.progress_is_current && point.processed) {
        first = *point.processed + 1;
    } else if (point.highest_head && !backfill_skip) {
        // A v1.11.0 was here last: it delivered everything below its last head but what waited for
        // confirmations.
        first = minus(*point.highest_head, std::uint64_t(most_confirmations) + backfill_depth);
    } else {
        first = minus(head, backfill_depth);
    }
    if (point.lowest_unconsumed) first = std::min(*first, *point.lowest_unconsumed);
    if (point.lowest_pending) first = std::min(*first, *point.lowest_pending);
    return std::min(*first, head + 1);
}

void LogCursor::start(std::uint64_t from, std::uint64_t head, std::uint64_t most_at_once) {
    hashes_.clear();
    gap_.reset();
    processed_ = minus(from, 1);
    if (head >= from && head - from >= most_at_once) {
        processed_ = head - most_at_once;
        gap_ = Gap{from, processed_};
    }
    floor_ = processed_;
}

void LogCursor::advance(std::uint64_t number, const Hash& hash) {
    processed_ = number;
    hashes_[number] = hash;
}

std::uint64_t LogCursor::fork(const IsCanonical& is_canonical) const {
    bool left = false;
    for (auto at = hashes_.rbegin(); at != hashes_.rend(); ++at) {
        const auto canonical = is_canonical(at->first, at->second);
        // Between two known blocks nothing tells which ones left the chain with the upper one.
        if (!canonical || *canonical) return left ? at->first : processed_;
        left = true;
    }
    return left ? std::min(floor_, processed_) : processed_;
}

void LogCursor::rewind(std::uint64_t fork) {
    processed_ = std::min(processed_, fork);
    hashes_.erase(hashes_.upper_bound(fork), hashes_.end());
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

void LogCursor::close_gap_to(std::uint64_t number) {
    if (!gap_) return;
    gap_->from = number + 1;
    if (gap_->from > gap_->to) gap_.reset();
}

std::uint64_t LogCursor::contiguous() const {
    return gap_ ? minus(gap_->from, 1) : processed_;
}

}  // namespace baton::jobs

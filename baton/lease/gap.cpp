#include "baton/lease/gap.hpp"

namespace baton::lease {

GapStart released(std::int64_t epoch) {
    GapStart gap;
    gap.epoch = epoch + 1;
    gap.known_by = "release";
    gap.noted = BootClock::now();
    return gap;
}

pg::Statement note_gap(const std::string& own_schema, const GapStart& gap) {
    const auto ago = std::chrono::duration_cast<std::chrono::microseconds>(BootClock::now() - gap.noted);
    pg::Params params;
    params.add(gap.epoch).add(gap.since).add(std::int64_t{ago.count()}).add(gap.known_by).add(gap.replaces);
    return {
        "insert into " + own_schema +
            ".leadership_gaps as g (epoch, since, known_by) values ($1::bigint, coalesce($2::timestamptz, "
            "clock_timestamp() - $3::bigint * interval '1 microsecond'), $4::text) on conflict (epoch) do "
            "update set since = excluded.since, known_by = excluded.known_by where $5::boolean",
        std::move(params)};
}

}  // namespace baton::lease

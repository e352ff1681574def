-- Since when nobody led before a takeover, and how that is known: one row per takeover, by its epoch. It is written beside
-- the leadership, never on the way to it: by the former leader with its last words, about the epoch that will follow its
-- own, or else by the new leader with its first sign of life. The length is leadership_log.at - since.
create table @own@.leadership_gaps (
    epoch    bigint      not null,
    since    timestamptz not null,
    -- 'release': the former leader said that its work had ended, and gave the locks back right after it.
    -- 'last heartbeat': it was silent from then on, and was taken for frozen.
    -- 'lock grant': nobody knows; its death was before the lock was passed on, so that the gap is at least so long.
    known_by text        not null,
    constraint leadership_gaps_pkey primary key (epoch)
);

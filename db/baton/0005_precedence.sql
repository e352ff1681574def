-- Who goes first among instances that wait for the leadership: for a moment the one that a handover named, otherwise the
-- higher HA_PRIORITY. It orders the queue for the watch lock and nothing else; locks and fence do not know it.

-- An instance without a row has priority 0 and is not named.
create table @own@.candidates (
    client_id   uuid    not null,
    priority    integer not null default 0,
    -- By the server's clock. At most one row has it.
    named_until timestamptz,
    constraint candidates_pkey primary key (client_id),
    constraint candidates_are_instances foreign key (client_id) references @own@.instances on delete cascade
);

-- The standbys that go before the given one, the first of them first. waits: it stands in the queue for the watch lock at
-- this moment. A standby that gave no sign of life for a while goes before nobody.
create function @own@.ahead_of_1(
    self uuid,
    out rival uuid,
    out rival_name text,
    out named boolean,
    out waits boolean,
    out epoch_now bigint
) returns setof record
language plpgsql volatile as $$
begin
    if not exists (select from @own@.candidates) then
        return;
    end if;
    -- Without this the sessions would be those of the moment when this transaction began to wait.
    perform pg_stat_clear_snapshot();
    return query
        select
            i.client_id,
            i.name,
            c.named_until is not null and c.named_until > clock_timestamp(),
            exists (
                select
                from pg_catalog.pg_locks l cross join lateral pg_stat_get_activity(l.pid) a
                where l.locktype = 'advisory'
                    and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
                    and l.classid::bigint = ((@fence_class@)::bigint - 1) & 4294967295
                    and l.objid::bigint = (@fence_key@)::bigint & 4294967295
                    and l.objsubid = 2
                    and not l.granted
                    and position(left(i.client_id::text, 28) in a.application_name) > 0
            ),
            coalesce((select l.epoch from @own@.leadership l), 0)
        from @own@.instances i left join @own@.candidates c on c.client_id = i.client_id
        where i.client_id <> self
            and i.state = 'standby'
            and i.last_seen > clock_timestamp() - interval '5 seconds'
            and (
                c.named_until > clock_timestamp()
                or (
                    coalesce(c.priority, 0) > coalesce((select m.priority from @own@.candidates m where m.client_id = self), 0)
                    -- Nobody goes before the one that was named.
                    and not exists (
                        select from @own@.candidates m where m.client_id = self and m.named_until > clock_timestamp()
                    )
                )
            )
        order by 3 desc, coalesce(c.priority, 0) desc, i.client_id;
end
$$;

-- Who leads, who led, who is there; which requests were done; and the fence that every write passes.
--
-- @own@ and @product@ are the two schemas, (@fence_class@, @fence_key@) the key of the fence lock; the watch lock has the
-- class before it and the same key. Functions carry a number: one that changes gets a new name, because the version
-- before it still calls the old one.

-- ----------------------------------------------------------------------------------------------------
-- Leadership
-- ----------------------------------------------------------------------------------------------------

-- At most one row. The token tells two takeovers apart that have the same epoch number, which happens when an
-- asynchronous replica is promoted or a dump restored.
create table @own@.leadership (
    only_row               boolean     not null default true,
    epoch                  bigint      not null,
    token                  uuid        not null,
    client_id              uuid        not null,
    instance               text        not null,
    address                text        not null,
    since                  timestamptz not null,
    -- Last sign of life of the leader, written while it leads.
    alive_at               timestamptz not null,
    -- What else has to hold for the leader to write: NULL where its locking mode does without.
    lease_client_id        uuid,
    advisory_key           bigint,
    advisory_pid           integer,
    advisory_backend_start timestamptz,
    constraint leadership_pkey primary key (only_row),
    constraint leadership_has_one_row check (only_row)
);

-- One row per running instance, written by itself; kept for a while after its end.
create table @own@.instances (
    client_id  uuid        not null,
    name       text        not null,
    address    text        not null,
    version    text        not null,
    state      text        not null,
    started_at timestamptz not null default now(),
    last_seen  timestamptz not null default now(),
    constraint instances_pkey primary key (client_id)
);

-- One row per takeover. took_us: from the moment that the locks were granted until the epoch was raised.
create table @own@.leadership_log (
    id            bigint      generated always as identity,
    epoch         bigint      not null,
    client_id     uuid        not null,
    instance      text        not null,
    from_instance text,
    reason        text        not null,
    took_us       bigint      not null,
    at            timestamptz not null,
    constraint leadership_log_pkey primary key (id)
);

-- ----------------------------------------------------------------------------------------------------
-- Work
-- ----------------------------------------------------------------------------------------------------

-- One row per request that has a run, whichever instance saw it.
create table @own@.requests (
    job_id      integer     not null,
    request_key text        not null,
    run_id      bigint      not null,
    attempt     integer     not null default 1,
    body_hash   bytea,
    created_at  timestamptz not null default now(),
    constraint requests_once unique (job_id, request_key)
);
create index requests_by_age on @own@.requests (created_at);

-- The last block whose logs are all recorded.
create table @own@.chain_progress (
    chain_id     numeric(78, 0) not null,
    block_number bigint         not null,
    block_hash   bytea          not null,
    updated_at   timestamptz    not null default now(),
    constraint chain_progress_pkey primary key (chain_id)
);

create table @own@.settings (
    name  text not null,
    value text not null,
    constraint settings_pkey primary key (name)
);

-- "This many rows, or nothing at all": select @own@.require(count(*) = 1, 'log already consumed') from ...
create function @own@.require(ok boolean, what text) returns void
language plpgsql volatile as $$
begin
    if ok is not true then
        raise exception '%', what using errcode = 'BT002';
    end if;
end
$$;

-- ----------------------------------------------------------------------------------------------------
-- Fence
-- ----------------------------------------------------------------------------------------------------

-- Does this session hold, or that one, an advisory lock? The key is given as pg_locks shows it: two halves, and 1 for
-- the form with one integer, 2 for the form with two.
create function @own@.holds_lock_1(holder integer, high bigint, low bigint, form integer) returns boolean
language plpgsql volatile as $$
begin
    return exists (
        select from pg_catalog.pg_locks
        where locktype = 'advisory'
            and pid = holder
            and classid::bigint = high & 4294967295
            and objid::bigint = low & 4294967295
            and objsubid = form
            and granted
    );
end
$$;

-- Raises BT001 unless the caller's epoch is the one that leads. Called as the first and as the last statement of every
-- transaction that writes.
--
-- It is volatile and plpgsql so that each statement in it sees what was committed before that statement began: the
-- comparison therefore sees a takeover for which the lock had to wait. That holds in READ COMMITTED only. It writes
-- nothing.
create function @own@.fence_1(expected_epoch bigint, expected_token uuid) returns void
language plpgsql volatile as $$
declare
    leader record;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'a fenced transaction has to be READ COMMITTED' using errcode = 'BT001';
    end if;

    perform pg_advisory_xact_lock_shared(@fence_class@, @fence_key@);

    select epoch, token, instance, lease_client_id, advisory_key, advisory_pid, advisory_backend_start
    into leader
    from @own@.leadership;
    if not found then
        raise exception 'epoch % is over: nobody leads', expected_epoch using errcode = 'BT001';
    end if;
    if leader.epoch is distinct from expected_epoch or leader.token is distinct from expected_token then
        raise exception 'epoch % is over: % leads in epoch %', expected_epoch, leader.instance, leader.epoch
            using errcode = 'BT001';
    end if;

    -- A v1.11.0 that takes over raises no epoch, so its locks are looked at as well. In two steps each, because an
    -- expression is planned as a whole, and lease_lock does not exist in every mode.
    if leader.lease_client_id is not null then
        if not exists (select from @product@.lease_lock where client_id = leader.lease_client_id) then
            raise exception 'epoch % is over: the lease belongs to another node', expected_epoch
                using errcode = 'BT001';
        end if;
    end if;
    if leader.advisory_key is not null then
        -- Without this a second look in the same transaction would see the activity of the first one's time.
        perform pg_stat_clear_snapshot();
        if not @own@.holds_lock_1(leader.advisory_pid, leader.advisory_key >> 32, leader.advisory_key, 1)
            or not exists (
                -- A process number alone may have been given to somebody else.
                select from pg_stat_get_activity(leader.advisory_pid) a
                where a.backend_start = leader.advisory_backend_start
            ) then
            raise exception 'epoch % is over: the session that held the advisory lock does not hold it any more',
                expected_epoch using errcode = 'BT001';
        end if;
    end if;
end
$$;

-- ----------------------------------------------------------------------------------------------------
-- Takeover
-- ----------------------------------------------------------------------------------------------------

-- Ends every other session in this database whose application_name carries the given start of a client id.
-- refused: those that this role may not end.
create function @own@.terminate_sessions_1(id_start text, out ended integer, out refused integer)
language plpgsql volatile as $$
declare
    session integer;
begin
    ended := 0;
    refused := 0;
    for session in
        select a.pid
        from pg_catalog.pg_stat_activity a
        where a.datname = current_database()
            and a.pid <> pg_backend_pid()
            and id_start <> ''
            and position(id_start in a.application_name) > 0
    loop
        begin
            if pg_terminate_backend(session) then
                ended := ended + 1;
            end if;
        exception when insufficient_privilege then
            refused := refused + 1;
        end;
    end loop;
end
$$;

-- Ends every other session that holds the fence lock: they write for an epoch that is about to end.
create function @own@.terminate_fence_holders_1(out ended integer, out refused integer)
language plpgsql volatile as $$
declare
    session integer;
begin
    ended := 0;
    refused := 0;
    for session in
        select l.pid
        from pg_catalog.pg_locks l
        where l.locktype = 'advisory'
            and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
            and l.classid::bigint = (@fence_class@)::bigint & 4294967295
            and l.objid::bigint = (@fence_key@)::bigint & 4294967295
            and l.objsubid = 2
            and l.granted
            and l.pid <> pg_backend_pid()
    loop
        begin
            if pg_terminate_backend(session) then
                ended := ended + 1;
            end if;
        exception when insufficient_privilege then
            refused := refused + 1;
        end;
    end loop;
end
$$;

-- Raises the epoch. taken is false, and nothing happened, when the fence lock was not to be had within the time given:
-- somebody still writes for the epoch before.
--
-- Refuses (BT001) every session but the one that holds the watch lock, so that a taker that was pushed aside cannot win
-- an epoch, and takers whose other locks are gone.
create function @own@.take_over_1(
    taker uuid,
    taker_name text,
    taker_address text,
    new_token uuid,
    why text,
    -- Who led before, where that was no Baton; NULL: whoever the row names.
    led_before text,
    took_us_before bigint,
    lease_taker uuid,
    lock_key bigint,
    lock_pid integer,
    lock_backend_start timestamptz,
    fence_wait_ms integer,
    out taken boolean,
    out new_epoch bigint,
    out former text,
    out taken_at timestamptz,
    out took_us bigint
)
language plpgsql volatile as $$
declare
    last_epoch bigint;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'a takeover has to be READ COMMITTED' using errcode = 'BT001';
    end if;
    perform set_config('lock_timeout', fence_wait_ms::text, true);
    begin
        perform pg_advisory_xact_lock(@fence_class@, @fence_key@);
    exception when lock_not_available then
        taken := false;
        return;
    end;

    perform pg_stat_clear_snapshot();
    if not @own@.holds_lock_1(pg_backend_pid(), (@fence_class@)::bigint - 1, (@fence_key@)::bigint, 2) then
        raise exception 'only the session that holds the watch lock may take over' using errcode = 'BT001';
    end if;
    if lease_taker is not null then
        if not exists (select from @product@.lease_lock where client_id = lease_taker) then
            raise exception 'the lease was taken by another node before the takeover' using errcode = 'BT001';
        end if;
    end if;
    if lock_key is not null
        and not (
            @own@.holds_lock_1(lock_pid, lock_key >> 32, lock_key, 1)
            and exists (
                select from pg_stat_get_activity(lock_pid) a where a.backend_start = lock_backend_start
            )
        ) then
        raise exception 'the advisory lock was lost before the takeover' using errcode = 'BT001';
    end if;

    select epoch, coalesce(led_before, instance) into last_epoch, former from @own@.leadership;
    if not found then
        former := led_before;
    end if;
    -- The log counts as well: an epoch is never given twice while one of the two remembers it.
    select greatest(coalesce(last_epoch, 0), coalesce(max(epoch), 0)) + 1 into new_epoch from @own@.leadership_log;
    taken_at := clock_timestamp();
    took_us := took_us_before + (extract(epoch from taken_at - statement_timestamp()) * 1000000)::bigint;

    insert into @own@.leadership (
        epoch, token, client_id, instance, address, since, alive_at,
        lease_client_id, advisory_key, advisory_pid, advisory_backend_start
    ) values (
        new_epoch, new_token, taker, taker_name, taker_address, taken_at, taken_at,
        lease_taker, lock_key, lock_pid, lock_backend_start
    )
    on conflict (only_row) do update set
        epoch = excluded.epoch,
        token = excluded.token,
        client_id = excluded.client_id,
        instance = excluded.instance,
        address = excluded.address,
        since = excluded.since,
        alive_at = excluded.alive_at,
        lease_client_id = excluded.lease_client_id,
        advisory_key = excluded.advisory_key,
        advisory_pid = excluded.advisory_pid,
        advisory_backend_start = excluded.advisory_backend_start;
    insert into @own@.leadership_log (epoch, client_id, instance, from_instance, reason, took_us, at)
    values (new_epoch, taker, taker_name, former, why, take_over_1.took_us, taken_at);
    taken := true;
end
$$;

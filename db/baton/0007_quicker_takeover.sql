-- The way from a Baton's death to the next epoch, with one flush fewer, and rehearsed before it is needed.

-- The row of lease_lock out of the hands of the Baton that led before, by the session that has just got the watch lock. false,
-- and nothing happened, where anything else is the case: this session does not hold the watch lock, a standby goes before
-- this one, the row is somebody else's or absent, this instance is not registered. Then the caller looks for itself.
--
-- It does not wait for the disk: the takeover's own commit, without which nobody acts, flushes this one too.
create function @own@.claim_lease_1(taker uuid, lease_ms bigint) returns boolean
language plpgsql volatile as $$
begin
    -- Without the watch lock not even the table is touched: a migration under it may have locked it.
    if not @own@.holds_lock_1(pg_backend_pid(), (@fence_class@)::bigint - 1, (@fence_key@)::bigint, 2) then
        return false;
    end if;
    if exists (select from @own@.ahead_of_1(taker)) then
        return false;
    end if;
    -- Locked, so that no other Baton ever takes the row below for a v1's.
    perform from @own@.instances where client_id = taker for key share;
    if not found then
        return false;
    end if;
    perform set_config('synchronous_commit', 'off', true);
    update @product@.lease_lock
    set client_id = taker, expires_at = now() + lease_ms * interval '1 ms'
    where ctid = (
        -- Whoever still works on the row is waited for outside of the queue.
        select r.ctid
        from @product@.lease_lock r
        where r.client_id = (select l.client_id from @own@.leadership l)
        for update skip locked
    );
    return found;
end
$$;

-- take_over_1, which with rehearsal takes no lock, writes nothing and refuses nothing, but plans everything: a standby calls
-- it so when it begins to wait. The rows that it returns then mean nothing.
create function @own@.take_over_2(
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
    rehearsal boolean,
    out taken boolean,
    out new_epoch bigint,
    out former text,
    out taken_at timestamptz,
    out took_us bigint
)
language plpgsql volatile as $$
declare
    last_epoch bigint;
    holds boolean;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'a takeover has to be READ COMMITTED' using errcode = 'BT001';
    end if;
    if not rehearsal then
        perform set_config('lock_timeout', fence_wait_ms::text, true);
        begin
            perform pg_advisory_xact_lock(@fence_class@, @fence_key@);
        exception when lock_not_available then
            taken := false;
            return;
        end;
    end if;

    perform pg_stat_clear_snapshot();
    holds := @own@.holds_lock_1(pg_backend_pid(), (@fence_class@)::bigint - 1, (@fence_key@)::bigint, 2);
    if not holds and not rehearsal then
        raise exception 'only the session that holds the watch lock may take over' using errcode = 'BT001';
    end if;
    if lease_taker is not null then
        perform from @product@.lease_lock where client_id = lease_taker;
        if not found and not rehearsal then
            raise exception 'the lease was taken by another node before the takeover' using errcode = 'BT001';
        end if;
    end if;
    if lock_key is not null then
        holds := @own@.holds_lock_1(lock_pid, lock_key >> 32, lock_key, 1)
            and exists (
                -- A process number alone may have been given to somebody else.
                select from pg_stat_get_activity(lock_pid) a where a.backend_start = lock_backend_start
            );
        if not holds and not rehearsal then
            raise exception 'the advisory lock was lost before the takeover' using errcode = 'BT001';
        end if;
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
    )
    select
        new_epoch, new_token, taker, taker_name, taker_address, taken_at, taken_at,
        lease_taker, lock_key, lock_pid, lock_backend_start
    where not rehearsal
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
    select new_epoch, taker, taker_name, former, why, take_over_2.took_us, taken_at
    where not rehearsal;
    taken := not rehearsal;
end
$$;

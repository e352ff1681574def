-- claim_lease_1, which with rehearsal claims nothing but plans everything: the statements behind the look at the watch lock
-- were planned on the way from the leader's death to the next epoch, a millisecond. A rehearsal touches lease_lock without the
-- watch lock, under which a migration may have locked it: the caller limits its lock_timeout.
create function @own@.claim_lease_2(taker uuid, lease_ms bigint, rehearsal boolean) returns boolean
language plpgsql volatile as $$
declare
    holds boolean;
begin
    -- Without the watch lock not even the table is touched: a migration under it may have locked it.
    holds := @own@.holds_lock_1(pg_backend_pid(), (@fence_class@)::bigint - 1, (@fence_key@)::bigint, 2);
    if not holds and not rehearsal then
        return false;
    end if;
    if exists (select from @own@.ahead_of_1(taker)) and not rehearsal then
        return false;
    end if;
    -- Locked, so that no other Baton ever takes the row below for a v1's.
    perform from @own@.instances where client_id = taker and not rehearsal for key share;
    if not found and not rehearsal then
        return false;
    end if;
    perform set_config('synchronous_commit', 'off', true);
    update @product@.lease_lock
    set client_id = taker, expires_at = now() + lease_ms * interval '1 ms'
    where ctid = (
        -- Whoever still works on the row is waited for outside of the queue.
        select r.ctid
        from @product@.lease_lock r
        where r.client_id = (select l.client_id from @own@.leadership l) and not rehearsal
        for update skip locked
    );
    return found;
end
$$;

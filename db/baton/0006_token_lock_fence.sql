-- The fence at the end of a writing transaction, as fence_2, but without pg_locks, which builds a row of each lock of the
-- server. What it asks instead: the session that holds the advisory lock of v1.11.0 for an epoch also holds, exclusively, the
-- token lock (class @fence_class@ + 2, first four bytes of the token). Whoever gets that lock shared proves that the session
-- is gone. It fails towards refusal: an epoch without a token lock cannot commit. Why it proves the same:
-- docs/decisions/token-lock.md.
-- Volatile and plpgsql for the reason given at fence_1.
create function @own@.fence_3(expected_epoch bigint, expected_token uuid) returns void
language plpgsql volatile as $$
declare
    leader record;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'a fenced transaction has to be READ COMMITTED' using errcode = 'BT001';
    end if;

    perform pg_advisory_xact_lock_shared(@fence_class@, @fence_key@);

    select epoch, token, instance, lease_client_id, advisory_key
    into leader
    from @own@.leadership;
    if not found then
        raise exception 'epoch % is over: nobody leads', expected_epoch using errcode = 'BT001';
    end if;
    if leader.epoch is distinct from expected_epoch or leader.token is distinct from expected_token then
        raise exception 'epoch % is over: % leads in epoch %', expected_epoch, leader.instance, leader.epoch
            using errcode = 'BT001';
    end if;

    if leader.lease_client_id is not null then
        if not exists (select from @product@.lease_lock where client_id = leader.lease_client_id) then
            raise exception 'epoch % is over: the lease belongs to another node', expected_epoch
                using errcode = 'BT001';
        end if;
    end if;
    if leader.advisory_key is not null then
        -- Shared, because an exclusive try would take another writer's for the leader's. Got, it goes with the
        -- transaction, which the exception ends.
        if pg_try_advisory_xact_lock_shared(
            @fence_class@ + 2,
            ('x' || left(expected_token::text, 8))::bit(32)::integer
        ) then
            raise exception 'epoch % is over: the session that held the advisory lock does not hold it any more',
                expected_epoch using errcode = 'BT001';
        end if;
    end if;
end
$$;

-- The fence at the start of a writing transaction: the shared lock, then epoch and token, and no look at lease_lock and
-- pg_locks, which reads the locks of the whole server. It may be cheaper than fence_2 because it decides nothing: every
-- transaction that passed it passes fence_2 as well, complete, as the last statement before its COMMIT. From here on the
-- lock keeps a takeover by another Baton from committing before this transaction ends, so that epoch and token stay what
-- they are; a v1.11.0 raises no epoch and waits for no lock, and whether one took over counts at the end, not here.
-- Volatile and plpgsql with two statements for the reason given at fence_1.
create function @own@.opening_fence_1(expected_epoch bigint, expected_token uuid) returns void
language plpgsql volatile as $$
declare
    leader record;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'a fenced transaction has to be READ COMMITTED' using errcode = 'BT001';
    end if;

    perform pg_advisory_xact_lock_shared(@fence_class@, @fence_key@);

    select epoch, token, instance into leader from @own@.leadership;
    if not found then
        raise exception 'epoch % is over: nobody leads', expected_epoch using errcode = 'BT001';
    end if;
    if leader.epoch is distinct from expected_epoch or leader.token is distinct from expected_token then
        raise exception 'epoch % is over: % leads in epoch %', expected_epoch, leader.instance, leader.epoch
            using errcode = 'BT001';
    end if;
end
$$;

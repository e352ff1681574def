-- The fence as writers pass it, twice per transaction: fence_1 without the look at pg_stat_activity, which copies the state
-- of every session, and without a call into a second function. What it leaves out, a process number that was given to
-- another session that then took the very same lock, the leader's heartbeat finds with fence_1 four times a second or more
-- often; no system gives out all its process numbers in that time.
create function @own@.fence_2(expected_epoch bigint, expected_token uuid) returns void
language plpgsql volatile as $$
declare
    leader record;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'a fenced transaction has to be READ COMMITTED' using errcode = 'BT001';
    end if;

    perform pg_advisory_xact_lock_shared(@fence_class@, @fence_key@);

    select epoch, token, instance, lease_client_id, advisory_key, advisory_pid
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
        if not exists (
            select from pg_catalog.pg_lock_status() l
            where l.locktype = 'advisory'
                and l.pid = leader.advisory_pid
                and l.classid::bigint = (leader.advisory_key >> 32) & 4294967295
                and l.objid::bigint = leader.advisory_key & 4294967295
                and l.objsubid = 1
                and l.granted
        ) then
            raise exception 'epoch % is over: the session that held the advisory lock does not hold it any more',
                expected_epoch using errcode = 'BT001';
        end if;
    end if;
end
$$;

import type { Database } from "../../lib/postgres";

/** Written by any instance about itself or about a login (G1), or before there is an epoch. */
const unfenced = ["sessions", "lease_lock", "goose_migrations"];

/**
 * Makes the database note every row that is committed by an instance that does not lead at that moment. The triggers are deferred: they look
 * when the transaction commits, with a snapshot of that moment, and are told by nobody what the fence said.
 */
export async function startAudit(database: Database): Promise<void> {
    await database.script(`
        create schema audit;
        create table audit.foreign_writes (at timestamptz, relation text, writer text, leader text, epoch bigint);
        create function audit.note_foreign_write() returns trigger language plpgsql security definer as $$
        declare
            leader record;
        begin
            select client_id, instance, epoch into leader from baton.leadership;
            if position(left(leader.client_id::text, 28) in current_setting('application_name')) = 0 then
                insert into audit.foreign_writes
                values (clock_timestamp(), tg_relid::regclass::text, current_setting('application_name'), leader.instance, leader.epoch);
            end if;
            return null;
        end $$;
        do $$
        declare
            audited regclass;
        begin
            for audited in
                select c.oid from pg_class c where c.relkind = 'r'
                    and (c.relnamespace = 'public'::regnamespace and c.relname <> all ('{${unfenced.join(",")}}')
                        or c.oid in ('baton.requests'::regclass, 'baton.chain_progress'::regclass))
            loop
                execute format('create constraint trigger audit after insert or update or delete on %s
                    deferrable initially deferred for each row execute function audit.note_foreign_write()', audited);
            end loop;
        end $$`);
}

/** One line per table and writer that committed under an epoch that was over. */
export async function findForeignWrites(database: Database): Promise<string[]> {
    const rows = await database.query(
        `select relation, writer, leader, epoch, count(*) as rows, min(at) as first from audit.foreign_writes
         group by relation, writer, leader, epoch order by first`,
    );
    return rows.map((row) =>
        `${row.rows} rows of ${row.relation} committed by "${row.writer}" while ${row.leader} led in epoch ${row.epoch}, first at ${row.first.toISOString()}`);
}

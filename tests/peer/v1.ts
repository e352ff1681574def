/**
 * A program that stands where a Chainlink node v1.11.0 would stand, as far as the database's locks go: the same statements in the
 * same order at the same times, the same exits. It does no work. Scenarios kill, freeze and restart it; where a real v1.11.0 is at
 * hand, BATON_V1 names it and it takes this program's place (lib/v1.ts).
 *
 * In TypeScript with its own driver, not with baton/pg: what speaks for the other side must not share a mistake with ours.
 *
 * Environment: DATABASE_URL, DATABASE_LOCKING_MODE, ADVISORY_LOCK_ID and the intervals, with v1.11.0's names and defaults.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";

const clientId = randomUUID();
const mode = process.env.DATABASE_LOCKING_MODE || "dual";
const lockId = process.env.ADVISORY_LOCK_ID || "1027321974924625846";
const leaseDuration = milliseconds("LEASE_LOCK_DURATION", 10_000);
const refreshInterval = milliseconds("LEASE_LOCK_REFRESH_INTERVAL", 1_000);
const checkInterval = milliseconds("ADVISORY_LOCK_CHECK_INTERVAL", 1_000);
const queryTimeout = 10_000;

/** Go's durations, as far as tests write them. */
function milliseconds(name: string, fallback: number): number {
    const [, number, unit] = /^([\d.]+)(ms|s|m)$/.exec(process.env[name] ?? "") ?? [];
    return number ? Number(number) * { ms: 1, s: 1_000, m: 60_000 }[unit as "ms" | "s" | "m"] : fallback;
}

const say = (text: string) => console.error(`${new Date().toISOString()} ${text}`);
const pause = (time: number) => new Promise<void>((done) => setTimeout(done, time));
/** Of a waiter: never shorter than asked for. */
const jitter = (time: number) => time + Math.ceil((Math.random() * time) / 10);

function end(code: number, why: string): never {
    say(why);
    process.exit(code);
}

/** The driver noticed only now that the session is gone; the owner may check out another one. */
class Done extends Error {}

async function connect(part = "App"): Promise<pg.Client> {
    const client = new pg.Client({
        connectionString: process.env.DATABASE_URL,
        // The server cuts names at 63 bytes.
        application_name: `Chainlink 1.11.0 |${part}|${clientId}`.slice(0, 63),
        connectionTimeoutMillis: queryTimeout,
    });
    client.on("error", () => {});
    await client.connect();
    return client;
}

/** A session that is checked out for one lock. After its end the driver gives two more errors before it says that it is done. */
class LockSession {
    private client?: pg.Client;
    private errors = 0;

    constructor(private readonly prepare: (client: pg.Client) => Promise<unknown>) {}

    async open(): Promise<void> {
        const client = await connect();
        await this.prepare(client);
        client.on("end", () => {
            if (this.client === client) this.errors = Math.max(this.errors, 1);
        });
        this.client = client;
        this.errors = 0;
    }

    /** A deadline that passes closes the session. */
    async query(sql: string, values: unknown[] = [], limit = queryTimeout): Promise<pg.QueryResult> {
        if (this.errors > 0 && ++this.errors > 3) throw new Done("sql: connection is already closed");
        if (this.errors > 0) throw new Error(this.errors === 2 ? "the session was ended" : "driver: bad connection");
        const client = this.client!;
        const timer = setTimeout(() => client.end().catch(() => {}), limit);
        return client.query(sql, values).finally(() => clearTimeout(timer));
    }

    async close(): Promise<void> {
        await this.client?.end().catch(() => {});
    }
}

const lease = new LockSession((client) =>
    client.query(`set session lock_timeout = ${leaseDuration}; set session idle_in_transaction_session_timeout = ${leaseDuration}`));
const advisory = new LockSession(async () => {});

let triedLease = false;

/** One attempt, which is also one refresh: true when the row is ours afterwards. */
async function tryLease(limit: number): Promise<boolean> {
    const first = !triedLease;
    triedLease = true;
    await lease.query("begin isolation level read committed", [], limit);
    try {
        if (first) {
            await lease.query("create table if not exists lease_lock (client_id uuid not null, expires_at timestamptz not null)");
            await lease.query("create unique index if not exists only_one_lease_lock on lease_lock ((client_id is not null))");
        }
        const { rowCount } = await lease.query(
            `insert into lease_lock as held (client_id, expires_at) values ($1, now() + $2::interval)
             on conflict ((client_id is not null)) do update set client_id = excluded.client_id, expires_at = excluded.expires_at
             where held.client_id = $1 or held.expires_at < now()`,
            [clientId, `${(leaseDuration / 1000).toFixed(6)} seconds`],
            limit,
        );
        await lease.query("commit", [], limit);
        return rowCount! > 0;
    } catch (error) {
        await lease.query("rollback").catch(() => {});
        throw error;
    }
}

async function tryAdvisory(): Promise<boolean> {
    return (await advisory.query("select pg_try_advisory_lock($1::bigint) as got", [lockId])).rows[0].got;
}

async function holdsAdvisory(): Promise<boolean> {
    const { rows } = await advisory.query(
        `select exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()
             and (classid::bigint << 32 | objid::bigint) = $1::bigint) as held`,
        [lockId],
    );
    return rows[0].held;
}

/** Polls for ever. Every error but the driver's last word counts as "somebody else has it". */
async function waitFor(session: LockSession, attempt: () => Promise<boolean>, interval: number, held: string): Promise<void> {
    await session.open();
    for (let tries = 0; ; ++tries) {
        let got = false;
        try {
            got = await attempt();
        } catch (error) {
            if (error instanceof Done) {
                await session.open().catch((e) => end(1, `opening db: failed checking out connection from pool: ${e.message}`));
                continue;
            }
        }
        if (got) return;
        if ((tries & (tries - 1)) === 0) say(held);
        await pause(jitter(interval));
    }
}

/** Looks with a fixed ticker; a lock that is somebody else's ends the process, an error does not. */
async function hold(session: LockSession, refresh: () => Promise<boolean>, again: () => Promise<boolean>, interval: number, what: string): Promise<never> {
    for (let next = Date.now() + interval; ; next = Math.max(next + interval, Date.now())) {
        await pause(Math.max(0, next - Date.now()));
        if (leaving) await new Promise(() => {});
        try {
            if (!(await refresh())) end(1, `Another node has taken the ${what}, exiting immediately`);
        } catch (error) {
            say(`error while holding the ${what}: ${(error as Error).message}`);
            if (!(error instanceof Done)) continue;
            try {
                await session.open();
                if (!(await again())) end(1, `Another node has taken the ${what}, exiting immediately`);
            } catch (failed) {
                say(`Error trying to checkout connection: ${(failed as Error).message}`);
            }
        }
    }
}

/** Sessions of the pool: as soon as one is gone and needed, another one is there. */
async function keepPool(part: string): Promise<never> {
    let client = await connect(part).catch(() => undefined);
    for (;;) {
        await pause(100);
        const alive = await client?.query("select 1").then(() => true, () => false);
        if (!alive) client = await connect(part).catch(() => undefined);
    }
}

let leads = false;
let leaving = false;

async function leave(): Promise<never> {
    if (!leads) end(1, "opening db: stopped");
    if (leaving) return new Promise<never>(() => {});
    leaving = true;
    if (usesAdvisory) await advisory.query("select pg_advisory_unlock($1::bigint)", [lockId]).catch((e) => say(e.message));
    await advisory.close();
    if (usesLease) {
        await lease.query("update lease_lock set expires_at = now() where client_id = $1 and expires_at > now()", [clientId])
            .catch((e) => say(e.message));
    }
    await lease.close();
    end(0, "released");
}

const usesLease = mode === "dual" || mode === "lease";
const usesAdvisory = mode === "dual" || mode === "advisorylock";
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void leave());

try {
    say(`client id ${clientId}, locking mode ${mode}`);
    void keepPool("App");
    if (usesLease) {
        await waitFor(lease, () => tryLease(queryTimeout), refreshInterval,
            "Another application is currently holding the database lease (or a previous instance exited uncleanly), waiting for lease to expire...");
        say("Got exclusive lease on database");
        const refresh = () => tryLease(leaseDuration);
        void hold(lease, refresh, refresh, refreshInterval, "lease");
    }
    if (usesAdvisory) {
        await waitFor(advisory, tryAdvisory, checkInterval, "Another application holds the advisory lock, waiting...");
        say("Got advisory lock");
        void hold(advisory, holdsAdvisory, tryAdvisory, checkInterval, "advisory lock");
    }
    leads = true;
    void keepPool("EventBroadcaster");
    say("leads");
} catch (error) {
    end(1, `opening db: ${(error as Error).message}`);
}

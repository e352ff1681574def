import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Address, Hex } from "viem";
import { fixturesFolder } from "./paths";
import type { Database } from "./postgres";

export type FixtureName = "first-boot" | "settled" | "interrupted";

/** What the fixture's JSON file tells, as far as the tests need it. */
export interface Fixture {
    keyPassword: string;
    users: { email: string; password: string; role: string }[];
    apiTokens: { user: string; "X-API-KEY": string; "X-API-SECRET": string }[];
    secretFile: string;
    sessionCookie: string;
    dumpedAt: string;
    sendingKeys: { first: Address; second: Address; disabled: Address };
    chain: { chainId: number; blockNumber: number; blockHash: Hex; link: Address; operator: Address };
    requests: { job: number; requestId: Hex; block: number; answered?: boolean; emittedAfterKill?: boolean }[];
    jobs: { id: number; externalJobID: string; name: string; type: string }[];
    bridges: Record<string, { name: string; outgoingToken: string }>;
    interruptedWork?: { suspendedByAsyncBridge: { run: number; resume: string } };
    keyRing: { keys: Record<string, { id?: string; raw: string }[]> };
}

const file = (name: string) => {
    if (!fixturesFolder) throw new Error("no fixtures: the checkout stands alone");
    return join(fixturesFolder, name);
};

export const readFixture = (name: FixtureName): Fixture => JSON.parse(readFileSync(file(`${name}.json`), "utf8"));

/** The state for `anvil --load-state`. */
export const chainStateFile = (name: FixtureName) => file(`${name}.chain.json`);

/**
 * Replaces the content of a database that holds the product's schema by the fixture's, with all time stamps moved to
 * now, and takes away what Baton keeps beside: it is then as v1.11.0 left it.
 */
export async function loadFixture(name: FixtureName, database: Database): Promise<Fixture> {
    const fixture = readFixture(name);
    await database.script("drop schema if exists baton cascade");
    const tables = await database.query<{ tablename: string }>(
        "select tablename from pg_tables where schemaname = 'public' and tablename <> 'goose_migrations'",
    );
    await database.script(`truncate ${tables.map((row) => `public."${row.tablename}"`).join(", ")} restart identity cascade`);
    await database.script(readFileSync(file(`${name}.sql`), "utf8"));
    await moveTimeStamps(database, fixture.dumpedAt);
    return fixture;
}

async function moveTimeStamps(database: Database, dumpedAt: string): Promise<void> {
    const columns = await database.query<{ table_name: string; column_name: string }>(
        `select c.table_name, c.column_name from information_schema.columns c
         join pg_tables t on t.schemaname = c.table_schema and t.tablename = c.table_name
         where c.table_schema = 'public' and c.data_type like 'timestamp%' and c.table_name <> 'goose_migrations'`,
    );
    // Two columns can be bound by a constraint, so the columns of a table move together.
    const byTable = new Map<string, string[]>();
    for (const { table_name, column_name } of columns)
        byTable.set(table_name, [...(byTable.get(table_name) ?? []), `"${column_name}" = "${column_name}" + age`]);
    const updates = [...byTable].map(([table, assignments]) => `update public."${table}" set ${assignments.join(", ")};`);
    await database.script(`set session_replication_role = replica;
        do $$ declare age interval := now() - timestamptz '${dumpedAt}'; begin
        ${updates.join("\n")}
        end $$;
        set session_replication_role = default`);
}

/** Puts the key that signed the fixture's session cookie where a node finds it. */
export const writeSecret = (fixture: Fixture, root: string) =>
    writeFileSync(join(root, "secret"), fixture.secretFile, { mode: 0o600 });

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import pg from "pg";
import { checkout, scratchFolder } from "./paths";

// Ids and counts of a test fit into a number.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const tool = join(checkout, "tools/private-postgres");

/** The role of the nodes: not a superuser, and with a password that no log may show. */
export const nodeRole = { name: "chainlink", password: "Only-for-tests-0123456789" };

let databases = 0;

/** A PostgreSQL server, ours or one that somebody else started. */
export class PostgresServer {
    private constructor(
        readonly url: string,
        /** Of a server that `start` started. */
        readonly folder?: string,
    ) {}

    /** Starts a private server. `fast`: without fsync, for tests that kill processes but never machines. */
    static async start(options: { fast?: boolean } = {}): Promise<PostgresServer> {
        const folder = scratchFolder("postgres");
        const args = ["start", folder, ...(options.fast ? ["--fast"] : [])];
        const url = execFileSync(tool, args, { encoding: "utf8" }).trim();
        const server = new PostgresServer(url, folder);
        await server.createNodeRole();
        return server;
    }

    /** Uses a running server through the URL of a superuser. */
    static async at(url: string): Promise<PostgresServer> {
        const server = new PostgresServer(url);
        await server.createNodeRole();
        return server;
    }

    private async createNodeRole(): Promise<void> {
        await this.once(`do $$ begin create role ${nodeRole.name} login password '${nodeRole.password}';
            exception when duplicate_object then null; end $$`);
    }

    private async once(sql: string): Promise<void> {
        const client = new pg.Client({ connectionString: this.url });
        await client.connect();
        await client.query(sql).finally(() => client.end());
    }

    /** A new, empty database that belongs to the role of the nodes. */
    async createDatabase(name = `baton_${process.pid}_${++databases}`): Promise<Database> {
        await this.once(`create database ${name} owner ${nodeRole.name}`);
        return new Database(this.url, name);
    }

    /** Ends a server that `start` started; leaves others alone. */
    stop(): void {
        if (this.folder) execFileSync(tool, ["stop", this.folder]);
    }
}

/** One database: `url` is for nodes, `query` runs as superuser. */
export class Database {
    readonly url: string;
    private readonly pool: pg.Pool;

    constructor(
        private readonly serverUrl: string,
        readonly name: string,
    ) {
        const forNodes = new URL(serverUrl);
        forNodes.username = nodeRole.name;
        forNodes.password = nodeRole.password;
        forNodes.pathname = `/${name}`;
        this.url = forNodes.toString();
        const forTests = new URL(serverUrl);
        forTests.pathname = `/${name}`;
        this.pool = new pg.Pool({ connectionString: forTests.toString(), max: 3 });
        // An idle connection that the server ends is opened anew by the next query.
        this.pool.on("error", () => {});
    }

    async query<Row extends pg.QueryResultRow = any>(sql: string, values: unknown[] = []): Promise<Row[]> {
        return (await this.pool.query<Row>(sql, values)).rows;
    }

    /** The only column of the only row. */
    async value<T = any>(sql: string, values: unknown[] = []): Promise<T> {
        const rows = await this.query(sql, values);
        return Object.values(rows[0] ?? {})[0] as T;
    }

    /** Several statements in one message, as a dump holds them. */
    async script(sql: string): Promise<void> {
        await this.pool.query(sql);
    }

    async drop(): Promise<void> {
        await this.pool.end();
        const client = new pg.Client({ connectionString: this.serverUrl });
        await client.connect();
        await client.query(`drop database if exists ${this.name} with (force)`).finally(() => client.end());
    }
}

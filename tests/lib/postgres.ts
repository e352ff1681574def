import { execFile, execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, chownSync, readFileSync, readdirSync, rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { eventually } from "./eventually";
import { checkout, scratchFolder } from "./paths";
import { freePort } from "./ports";

// Ids and counts of a test fit into a number.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const tool = join(checkout, "tools/private-postgres");

/** The role of the nodes: not a superuser, and with a password that no log may show. */
export const nodeRole = { name: "chainlink", password: "Only-for-tests-0123456789" };

let databases = 0;

const run = promisify(execFile);

/** Where Debian puts the newest server's programs. */
export const serverPrograms = () => {
    const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(b) - Number(a));
    return `/usr/lib/postgresql/${versions[0]}/bin`;
};

const isRoot = () => process.getuid?.() === 0;

/** Runs a program of the server as the user that tools/private-postgres runs it as: PostgreSQL refuses root. */
async function asServer(program: string, args: string[]): Promise<void> {
    const command = [...asServerUser(), join(serverPrograms(), program), ...args];
    await run(command[0]!, command.slice(1), { cwd: "/" });
}

/** The program that starts another one as that user. */
export const asServerUser = () =>
    isRoot() ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "env", "HOME=/tmp"] : [];

/** A new folder that the server may write to. */
export async function serverFolder(purpose: string): Promise<string> {
    const folder = scratchFolder(purpose);
    if (isRoot()) {
        const { stdout: uid } = await run("id", ["-u", "postgres"]);
        chownSync(folder, Number(uid), 0);
    }
    return folder;
}

/** The postmaster of this data folder and its children. */
function processesOf(data: string): number[] {
    const postmaster = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8").trim();
    return [postmaster, ...children.split(" ").filter(Boolean).map(Number)];
}

/** Kills every process of the server of this data folder. */
export async function killServer(data: string): Promise<void> {
    // The postmaster first: it starts no others meanwhile.
    process.kill(processesOf(data)[0]!, "SIGSTOP");
    const processes = processesOf(data);
    processes.forEach((pid) => process.kill(pid, "SIGKILL"));
    const lives = (pid: number) => {
        try {
            return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
        } catch {
            return false;
        }
    };
    await eventually("the server's processes are gone", () => !processes.some(lives));
    // Where nobody reaps orphans the postmaster's id stays in use, and the next one would take it for alive.
    rmSync(join(data, "postmaster.pid"), { force: true });
}

/** A PostgreSQL server, ours or one that somebody else started. */
export class PostgresServer {
    private constructor(
        readonly url: string,
        /** Of a server that `start` started. */
        readonly folder?: string,
        private readonly ownDisk = false,
    ) {}

    /**
     * Starts a private server. `fast`: without fsync, for tests that kill processes but never machines. `disk`: on a disk of its own of so
     * many megabytes (in memory), where smallDisks says that this machine lets us have one. `settings`: NAME=VALUE.
     */
    static async start(options: { fast?: boolean; disk?: number; settings?: string[] } = {}): Promise<PostgresServer> {
        const folder = scratchFolder("postgres");
        if (options.disk) execFileSync("mount", ["-t", "tmpfs", "-o", `size=${options.disk}m,mode=755`, "baton", folder]);
        const args = ["start", folder, ...(options.fast ? ["--fast"] : []), ...(options.settings ?? [])];
        const url = execFileSync(tool, args, { encoding: "utf8" }).trim();
        const server = new PostgresServer(url, folder, options.disk !== undefined);
        await server.createNodeRole();
        return server;
    }

    /** Lets everybody of a network in, at the addresses where the setting listen_addresses says that it listens. */
    async admit(subnet: string): Promise<void> {
        appendFileSync(join(this.data, "pg_hba.conf"), `host all all ${subnet} trust\n`);
        await this.once("select pg_reload_conf()");
    }

    /** Whether this machine lets us mount one. */
    static smallDisks(): boolean {
        if (!isRoot()) return false;
        const folder = scratchFolder("disk");
        try {
            execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "baton", folder], { stdio: "ignore" });
            execFileSync("umount", [folder]);
            return true;
        } catch {
            return false;
        } finally {
            rmdirSync(folder);
        }
    }

    /** Nothing more can be written to the disk that `start` made for it. */
    fillDisk(): void {
        spawnSync("dd", ["if=/dev/zero", `of=${join(this.folder!, "filler")}`, "bs=64k"], { stdio: "ignore" });
    }

    emptyDisk(): void {
        rmSync(join(this.folder!, "filler"));
    }

    async answers(): Promise<boolean> {
        return this.column("select true").then(() => true, () => false);
    }

    get port(): number {
        return Number(new URL(this.url).port);
    }

    get data(): string {
        if (!this.folder) throw new Error("not a server that these tests started");
        return join(this.folder, "data");
    }

    /** The postmaster and its children. */
    processes(): number[] {
        return processesOf(this.data);
    }

    /** Stops the server; `fast` tells every session, `immediate` does not and needs recovery afterwards. */
    async down(mode: "fast" | "immediate" = "fast"): Promise<void> {
        await asServer("pg_ctl", ["-D", this.data, "-m", mode, "-w", "stop"]);
    }

    /** Kills every process of the server, as a machine does that loses power (what was written to the disk stays). */
    async crash(): Promise<void> {
        await killServer(this.data);
        rmSync(join(this.folder!, `.s.PGSQL.${this.port}.lock`), { force: true });
    }

    /** Starts it again on its port. */
    async up(): Promise<void> {
        await asServer("pg_ctl", ["-D", this.data, "-w", "-t", "60", "-l", join(this.folder!, "log"), "-o", `-p ${this.port}`, "start"]);
    }

    /** A setting of the whole server, for sessions that are open too; undefined takes it back. */
    async set(name: string, value?: string): Promise<void> {
        await this.once(value === undefined ? `alter system reset ${name}` : `alter system set ${name} = '${value}'`);
        await this.once("select pg_reload_conf()");
    }

    /**
     * A streaming replica of this server, running. `through`: the port of a relay in front of this server. Commits of this server
     * wait for it once `set("synchronous_standby_names", "*")` says so.
     */
    async replica(through = this.port): Promise<PostgresServer> {
        const folder = await serverFolder("replica");
        const data = join(folder, "data");
        const source = `host=127.0.0.1 port=${through} user=postgres application_name=replica`;
        await asServer("pg_basebackup", ["-d", source, "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync"]);
        appendFileSync(join(data, "postgresql.conf"), `unix_socket_directories = '${folder}'\n`);
        const url = new URL(this.url);
        url.port = String(await freePort());
        const server = new PostgresServer(url.toString(), folder);
        await server.up();
        await eventually("the replica follows", async () =>
            (await this.column("select state from pg_stat_replication where application_name = 'replica'")) === "streaming");
        return server;
    }

    /** Makes a replica a server of its own, on a timeline of its own. */
    async promote(): Promise<void> {
        await asServer("pg_ctl", ["-D", this.data, "-w", "promote"]);
    }

    /** A database that exists on this server, for example as a copy. */
    database(name: string): Database {
        return new Database(this.url, name);
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
        await this.column(sql);
    }

    /** The first column of the first row. */
    private async column(sql: string): Promise<unknown> {
        const client = new pg.Client({ connectionString: this.url });
        client.on("error", () => {});
        await client.connect();
        const { rows } = await client.query({ text: sql, rowMode: "array" }).finally(() => client.end());
        return rows[0]?.[0];
    }

    /** A new, empty database that belongs to the role of the nodes. */
    async createDatabase(name = `baton_${process.pid}_${++databases}`): Promise<Database> {
        await this.once(`create database ${name} owner ${nodeRole.name}`);
        return new Database(this.url, name);
    }

    /** Ends a server that `start` started; leaves others alone. */
    stop(): void {
        if (!this.folder) return;
        if (this.ownDisk) {
            spawnSync(tool, ["stop", this.folder], { stdio: "ignore" });
            execFileSync("umount", ["--lazy", this.folder]);
            rmdirSync(this.folder);
        } else {
            execFileSync(tool, ["stop", this.folder]);
        }
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

    /** Of a server that goes away as a whole. */
    async close(): Promise<void> {
        await this.pool.end();
    }

    /** A session of one's own, for transactions that stay open. Whoever asks for it ends it. */
    async connect(): Promise<pg.Client> {
        const url = new URL(this.serverUrl);
        url.pathname = `/${this.name}`;
        const client = new pg.Client({ connectionString: url.toString() });
        await client.connect();
        return client;
    }

    async drop(): Promise<void> {
        await this.pool.end();
        const client = new pg.Client({ connectionString: this.serverUrl });
        await client.connect();
        await client.query(`drop database if exists ${this.name} with (force)`).finally(() => client.end());
    }
}

import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./child";
import { eventually } from "./eventually";
import { checkout, logFolder } from "./paths";
import { freePort } from "./ports";
import { Database, asServerUser, killServer, nodeRole, serverFolder, serverPrograms } from "./postgres";
import { Proxy } from "./proxy";

const passwords = { superuser: "Superuser-of-the-tests-0123456789", replication: "Replication-of-the-tests-0123456789" };

/** Programs of Debian's packages patroni and etcd-server. */
const needed = ["/usr/bin/etcd", "/usr/bin/patroni", "/usr/bin/patronictl"];

/** One server with its Patroni. */
interface Member {
    name: string;
    port: number;
    restPort: number;
    data: string;
    patroni: Child;
}

/**
 * Two PostgreSQL servers under Patroni with deploy/patroni/patroni.yml, and one etcd, all on 127.0.0.1. After `stop` nothing of it runs, nor after the
 * end of this process.
 */
export class PatroniCluster {
    readonly members: Member[] = [];
    /** The test's own way to whichever member is the primary. */
    private way!: Proxy;
    private readonly atExit = () => {
        // Whoever would start them again first.
        for (const { patroni } of this.members) patroni.signal("SIGKILL");
        this.endServers();
        rmSync(this.folder, { recursive: true, force: true });
    };

    private constructor(
        private readonly folder: string,
        private readonly etcd: Child,
        private readonly etcdPort: number,
    ) {
        process.once("exit", this.atExit);
    }

    static async start(): Promise<PatroniCluster> {
        const missing = needed.filter((program) => !existsSync(program));
        if (missing.length) throw new Error(`${missing.join(", ")} missing: apt-get install patroni etcd-server`);
        const folder = await serverFolder("patroni");
        const [clients, peers] = [await freePort(), await freePort()];
        const [client, peer] = [`http://127.0.0.1:${clients}`, `http://127.0.0.1:${peers}`];
        const etcd = startAsServer("/usr/bin/etcd", [
            "--data-dir", join(folder, "etcd"), "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `default=${peer}`,
        ], "etcd");
        const cluster = new PatroniCluster(folder, etcd, clients);
        try {
            for (const name of ["one", "two"]) await cluster.add(name);
            await cluster.healthy();
            cluster.way = await Proxy.start(cluster.primary!.port);
        } catch (error) {
            await cluster.stop();
            throw error;
        }
        return cluster;
    }

    private async add(name: string): Promise<void> {
        const member = { name, port: await freePort(), restPort: await freePort(), data: join(this.folder, name) };
        this.members.push({ ...member, patroni: this.startPatroni(member) });
        // The first one makes the cluster, the other one copies it.
        await eventually(`${name} runs`, async () => (await this.look()).some((seen) => seen.name === name), { within: 60_000, every: 200 });
    }

    private startPatroni({ name, port, restPort, data }: Omit<Member, "patroni">): Child {
        const [server, rest] = [`127.0.0.1:${port}`, `127.0.0.1:${restPort}`];
        return startAsServer("/usr/bin/patroni", [join(checkout, "deploy/patroni/patroni.yml")], `patroni-${name}`, {
            PATRONI_NAME: name,
            PATRONI_ETCD3_HOSTS: `127.0.0.1:${this.etcdPort}`,
            PATRONI_RESTAPI_LISTEN: rest,
            PATRONI_RESTAPI_CONNECT_ADDRESS: rest,
            PATRONI_POSTGRESQL_LISTEN: server,
            PATRONI_POSTGRESQL_CONNECT_ADDRESS: server,
            PATRONI_POSTGRESQL_DATA_DIR: data,
            PATRONI_POSTGRESQL_BIN_DIR: serverPrograms(),
            PATRONI_POSTGRESQL_PGPASS: join(this.folder, `pgpass-${name}`),
            PATRONI_SUPERUSER_USERNAME: "postgres",
            PATRONI_SUPERUSER_PASSWORD: passwords.superuser,
            PATRONI_REPLICATION_USERNAME: "replicator",
            PATRONI_REPLICATION_PASSWORD: passwords.replication,
        });
    }

    /** Members as any living Patroni sees them; empty when nobody answers. */
    async look(): Promise<{ name: string; role: string; state: string }[]> {
        for (const { restPort, patroni } of this.members) {
            if (!patroni.alive) continue;
            const answer = await fetch(`http://127.0.0.1:${restPort}/cluster`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
            if (answer?.ok) return ((await answer.json()) as { members: { name: string; role: string; state: string }[] }).members;
        }
        return [];
    }

    primary?: Member;

    /** Waits until one leads and the other one is its synchronous standby. */
    async healthy(): Promise<void> {
        await eventually("the cluster has a primary and a synchronous standby", async () => {
            const seen = await this.look();
            const roles = seen.map(({ role, state }) => `${role} ${state}`).sort().join(", ");
            if (!/^leader running, sync_standby (running|streaming)$/.test(roles)) throw new Error(roles);
            this.primary = this.member(seen.find(({ role }) => role === "leader")!.name);
            return true;
        }, { within: 120_000, every: 200 });
    }

    private member(name: string): Member {
        return this.members.find((member) => member.name === name)!;
    }

    get secondary(): Member {
        return this.members.find((member) => member !== this.primary)!;
    }

    /** A new database of the nodes' role, as tests reach it, wherever the primary is. */
    async createDatabase(name: string): Promise<Database> {
        const server = `postgresql://postgres:${passwords.superuser}@127.0.0.1:${this.way.port}/postgres`;
        const postgres = new Database(server, "postgres");
        await postgres.query(`create role ${nodeRole.name} login password '${nodeRole.password}'`);
        await postgres.query(`create database ${name} owner ${nodeRole.name}`);
        await postgres.close();
        return new Database(server, name);
    }

    /** For nodes: names both servers. */
    url(database: string): string {
        const hosts = this.members.map(({ port }) => `127.0.0.1:${port}`).join(",");
        return `postgresql://${nodeRole.name}:${nodeRole.password}@${hosts}/${database}?sslmode=disable&target_session_attrs=read-write`;
    }

    /** Kills the primary's server; its Patroni lives. */
    async killPrimary(): Promise<void> {
        await killServer(this.primary!.data);
    }

    /** Kills the primary's server and its Patroni, as when the machine is gone. */
    async killPrimaryMachine(): Promise<void> {
        await this.primary!.patroni.stop("SIGKILL");
        await this.killPrimary();
    }

    /** As an operator does. */
    switchover(): void {
        const config = join(checkout, "deploy/patroni/patroni.yml");
        execFileSync("/usr/bin/patronictl", ["-c", config, "switchover", "--master", this.primary!.name, "--candidate", this.secondary.name, "--force"], {
            env: { ...process.env, PATRONI_ETCD3_HOSTS: `127.0.0.1:${this.etcdPort}`, LC_ALL: "C.UTF-8" }, stdio: ["ignore", "pipe", "pipe"],
        });
    }

    /** Milliseconds until the secondary accepts writes; the test's own way leads there from then on. */
    async untilMoved(): Promise<number> {
        const start = Date.now();
        const next = this.secondary;
        const rest = `http://127.0.0.1:${next.restPort}/primary`;
        await eventually(`${next.name} is the primary`, async () => (await fetch(rest, { signal: AbortSignal.timeout(2_000) })).status === 200, { within: 120_000, every: 50 });
        this.primary = next;
        this.way.redirect(next.port);
        this.way.cut();
        return Date.now() - start;
    }

    /** Whoever was killed comes back, and the cluster is whole again. */
    async repair(): Promise<void> {
        for (const member of this.members) if (!member.patroni.alive) member.patroni = this.startPatroni(member);
        await this.healthy();
    }

    /** Ends a server whose Patroni could not end it any more. */
    private endServers(): void {
        for (const { data } of this.members) {
            if (!existsSync(join(data, "postmaster.pid"))) continue;
            const [command, ...args] = [...asServerUser(), join(serverPrograms(), "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop"];
            try {
                execFileSync(command!, args, { cwd: "/", stdio: "ignore" });
            } catch {
                // It had ended by itself.
            }
        }
    }

    async stop(): Promise<void> {
        await this.way?.stop();
        for (const { patroni } of this.members) if (patroni.alive) await patroni.stop("SIGKILL");
        this.endServers();
        await this.etcd.stop("SIGKILL");
        process.removeListener("exit", this.atExit);
        rmSync(this.folder, { recursive: true, force: true });
    }
}

function startAsServer(program: string, args: string[], log: string, env: Record<string, string> = {}): Child {
    const [command, ...rest] = [...asServerUser(), program, ...args];
    return Child.start(command!, rest, { logFile: join(logFolder, `${log}.log`), env: { PATH: process.env.PATH!, LC_ALL: "C.UTF-8", ...env } });
}

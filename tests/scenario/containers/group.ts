import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Container, Engine, ImageKind } from "../../lib/containers";
import { eventually } from "../../lib/eventually";
import { Api } from "../../lib/http";
import { credentials } from "../../lib/node";
import { scratchFolder } from "../../lib/paths";
import { freePort } from "../../lib/ports";
import { type Database, PostgresServer } from "../../lib/postgres";

/** A database outside of the containers, and one ROOT with .env and the password files, as an operator has them. */
export class Group {
    readonly root = scratchFolder("chainlink");
    readonly envFile = join(this.root, ".env");

    private constructor(
        readonly engine: Engine,
        readonly server: PostgresServer,
        readonly database: Database,
    ) {
        // As mkdir makes it: the user of the plain image may enter.
        chmodSync(this.root, 0o755);
        this.write();
        writeFileSync(join(this.root, ".password"), `${credentials.keyPassword}\n`);
        writeFileSync(join(this.root, ".api"), `${credentials.email}\n${credentials.password}\n`);
    }

    /** Whatever containers need that stand for one file of tests: the engine's network, images of these kinds, and a group. */
    static async prepare(engine: Engine, ...kinds: ImageKind[]): Promise<Group> {
        try {
            await engine.start();
            await engine.build(...kinds);
            return await Group.start(engine);
        } catch (error) {
            await engine.stop();
            throw error;
        }
    }

    private static async start(engine: Engine): Promise<Group> {
        const server = await PostgresServer.start({ fast: true, settings: ["listen_addresses=*"] });
        await server.admit(engine.subnet);
        return new Group(engine, server, await server.createDatabase());
    }

    /** The URL that a container reaches a database of the server by. */
    urlOf(database: Database): string {
        const url = new URL(database.url);
        url.hostname = this.engine.gateway;
        return url.toString();
    }

    /** .env as v1.11.0's documentation has it. */
    private write(): void {
        writeFileSync(this.envFile, `ROOT=/chainlink
LOG_LEVEL=info
CHAINLINK_TLS_PORT=0
SECURE_COOKIES=false
ALLOW_ORIGINS=*
DATABASE_URL=${this.urlOf(this.database)}
INSECURE_FAST_SCRYPT=true
`);
    }

    /** Options of `run` that every instance gets. */
    get options(): string[] {
        return ["--volume", `${this.root}:/chainlink`, "--env-file", this.envFile];
    }

    /** An instance as the documentation starts it, on a free port of this machine. */
    async instance(name: string, options: string[] = [], kind: ImageKind = "plain"): Promise<Instance> {
        const port = await freePort();
        const args = ["local", "n", "-p", "/chainlink/.password", "-a", "/chainlink/.api"];
        const all = ["--publish", `127.0.0.1:${port}:6688`, "--env", `HA_NAME=${name}`, ...this.options, ...options];
        return new Instance(name, await this.engine.run(name, all, args, kind), new Api(`http://127.0.0.1:${port}`));
    }

    /** And the engine with everything that it runs. */
    async stop(): Promise<void> {
        await this.engine.stop();
        await this.database.close();
        this.server.stop();
        rmSync(this.root, { recursive: true, force: true });
    }
}

export class Instance {
    constructor(
        readonly name: string,
        readonly container: Container,
        readonly api: Api,
    ) {}

    async leads(within = 15_000): Promise<void> {
        await this.is("/leader", within);
    }

    async standsBy(within = 15_000): Promise<void> {
        await this.is("/standby", within);
    }

    private async is(role: string, within: number): Promise<void> {
        await eventually(`${this.name}: ${role} is 200`, async () => {
            const status = await this.api.call("GET", role).then((answer) => answer.status, () => 0);
            if (status === 200) return true;
            throw new Error(`it is ${status}; log: ${(await this.container.log()).split("\n").slice(-4).join("\n")}`);
        }, { within, every: 20 });
    }
}

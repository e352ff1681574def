import { execFile, spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "./eventually";
import { checkout, scratchFolder } from "./paths";

const run = promisify(execFile);

export interface Outcome {
    code: number;
    /** What it printed, both streams. */
    output: string;
}

/** Images that deploy/Dockerfile builds, and one with systemd on top of "root". */
export type ImageKind = "plain" | "root" | "allinone" | "systemd";

/** Removes the images that a test run built under this name. */
export function removeImages(name: string): void {
    for (const program of ["docker", "podman"]) {
        const { stdout } = spawnSync(program, ["images", "--format", "{{.Repository}}:{{.Tag}}"], { encoding: "utf8" });
        const ours = (stdout ?? "").split("\n").filter((image) => image.replace(/^localhost\//, "").startsWith(`${name}:`));
        if (ours.length > 0) spawnSync(program, ["rmi", "--force", ...ours]);
    }
}

/**
 * docker, or podman where no docker answers, with the images of this checkout and a network of their own. Whatever it starts carries its name as
 * a prefix and is gone after `stop`; the images are built once in a test run, and go with it.
 */
export class Engine {
    /** Of this process as seen from the containers. */
    readonly gateway: string;
    readonly subnet: string;
    readonly prefix = `baton-test-${process.pid}`;
    /** One name for all files of a test run (global-setup.ts). */
    private readonly images = process.env.BATON_TEST_IMAGES!;
    private readonly folder = scratchFolder("containers");

    private constructor(
        readonly program: "docker" | "podman",
        private readonly base: string,
    ) {
        const third = process.pid % 250;
        this.subnet = `10.213.${third}.0/24`;
        this.gateway = `10.213.${third}.1`;
    }

    /** The engine, or why there is none to test with. Starts nothing. */
    static find(): Engine | string {
        const program = (["docker", "podman"] as const).find((one) => spawnSync(one, ["info"], { timeout: 20_000 }).status === 0);
        if (!program) return "neither docker nor podman answers";
        if (program === "podman" && process.getuid?.() !== 0) return "podman without root has no network of its own";
        const candidates = [process.env.BATON_TEST_BASE_IMAGE, "baton-base", "debian:bookworm-slim"].filter((one) => one !== undefined);
        const there = (image: string) => spawnSync(program, ["image", "inspect", image]).status === 0;
        const base = candidates.find(there) ?? candidates.find((image) => spawnSync(program, ["pull", "-q", image], { timeout: 60_000 }).status === 0);
        return base ? new Engine(program, base) : `no base image ${candidates.join(", ")}: deploy/base-image makes one`;
    }

    image(kind: ImageKind = "plain"): string {
        return `${this.program === "podman" ? "localhost/" : ""}${this.images}:1.11.0${kind === "plain" ? "" : `-${kind}`}`;
    }

    async start(): Promise<void> {
        this.limitAsHere();
        await this.expect("network", "create", "--subnet", this.subnet, "--gateway", this.gateway, this.prefix);
    }

    /** Builds what is not there yet with deploy/build-image; the package is the one that tools/package makes of the program under test. */
    async build(...kinds: ImageKind[]): Promise<void> {
        for (const kind of kinds) {
            if ((await this.call("image", "inspect", this.image(kind))).code === 0) continue;
            if (kind === "systemd") {
                await this.build("root");
                const dockerfile = join(checkout, "tests/scenario/containers/systemd.Dockerfile");
                const args = ["build", "--network", "host", "--build-arg", `IMAGE=${this.image("root")}`, "--tag", this.image(kind), "--file", dockerfile, this.folder];
                await run(this.program, args, { env: this.environment(), maxBuffer: 1e8 });
                continue;
            }
            this.deb ??= (await run(join(checkout, "tools/package"), { maxBuffer: 1e8 })).stdout.trim();
            const args = ["--name", this.images, "--only", kind, "--deb", this.deb, "--build-arg", `BASE=${this.base}`, "--network", "host"];
            await run(join(checkout, "deploy/build-image"), args, { env: this.environment(), maxBuffer: 1e8 });
        }
        const folder = join(checkout, "build/release/package");
        this.deb ??= join(folder, readdirSync(folder).find((file) => file.endsWith(".deb"))!);
    }
    /** The Debian package, once the images are there. */
    deb?: string;

    /** A container of the image, detached. `options` are those of `run`; its name gets the prefix. */
    async run(name: string, options: string[], args: string[], kind: ImageKind = "plain"): Promise<Container> {
        const container = new Container(this, `${this.prefix}-${name}`);
        await this.call("rm", "--force", container.name);
        await this.expect("run", "--detach", "--name", container.name, "--network", this.prefix, ...options, this.image(kind), ...args);
        return container;
    }

    /** A container to its end. */
    async once(options: string[], args: string[], kind: ImageKind = "plain"): Promise<Outcome> {
        return this.call("run", "--rm", "--name", `${this.prefix}-once`, "--network", this.prefix, ...options, this.image(kind), ...args);
    }

    async call(...args: string[]): Promise<Outcome> {
        // Where a process of a container is ended for want of memory, conmon leaves a file in the folder that it was called in.
        return run(this.program, args, { cwd: this.folder, env: this.environment(), timeout: 60_000, maxBuffer: 1e8 }).then(
            ({ stdout, stderr }) => ({ code: 0, output: said(stdout + stderr) }),
            (error) => ({ code: typeof error.code === "number" ? error.code : 1, output: said(error.stdout + error.stderr) }),
        );
    }

    async expect(...args: string[]): Promise<string> {
        const { code, output } = await this.call(...args);
        if (code !== 0) throw new Error(`${this.program} ${args.join(" ")}: ${code}: ${output}`);
        return output.trim();
    }

    async stop(): Promise<void> {
        const names = await this.expect("ps", "--all", "--quiet", "--filter", `name=${this.prefix}`);
        for (const id of names.split("\n").filter(Boolean)) await this.call("rm", "--force", "--time", "0", "--volumes", id);
        await this.call("network", "rm", this.prefix);
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** podman asks for limits that a process which is in a container itself may not set: these are enough, and below its own. */
    private limitAsHere(): void {
        const limit = (flag: string) => Number(spawnSync("bash", ["-c", `ulimit -H ${flag}`], { encoding: "utf8" }).stdout) || Infinity;
        const values = [["nofile", "-n"], ["nproc", "-u"]].map(([name, flag]) => [name, Math.min(limit(flag!), 1024)] as const);
        const ulimits = values.map(([name, value]) => `"${name}=${value}:${value}"`).join(", ");
        writeFileSync(join(this.folder, "containers.conf"), `[containers]\ndefault_ulimits = [${ulimits}]\n`);
    }

    environment(): NodeJS.ProcessEnv {
        if (this.program === "docker" || process.env.CONTAINERS_CONF) return process.env;
        return { ...process.env, CONTAINERS_CONF: join(this.folder, "containers.conf") };
    }
}

/** Without systemd podman cannot run health checks by itself, and without syslog its network has no log: it says so at every start. */
const said = (output: string) => output.split("\n").filter((line) => !/unable to get systemd connection|failed to connect to syslog/.test(line)).join("\n");

/** One container of the engine. */
export class Container {
    constructor(
        private readonly engine: Engine,
        readonly name: string,
    ) {}

    async log(): Promise<string> {
        return (await this.engine.call("logs", this.name)).output;
    }

    async logs(text: string | RegExp, { within = 15_000 } = {}): Promise<void> {
        await eventually(`the log of ${this.name} says ${text}`, async () => {
            const log = await this.log();
            if (typeof text === "string" ? log.includes(text) : text.test(log)) return true;
            throw new Error(log.split("\n").slice(-5).join("\n"));
        }, { within, every: 50 });
    }

    async exec(...command: string[]): Promise<Outcome> {
        return this.engine.call("exec", this.name, ...command);
    }

    async state(): Promise<{ Running: boolean; ExitCode: number; Health?: { Status: string; Log: { ExitCode: number; Output: string }[] } }> {
        return JSON.parse(await this.engine.expect("inspect", "--format", "{{json .State}}", this.name));
    }

    /** The newest entry of its health log; podman is told to look, docker looks by itself. */
    async health(): Promise<{ healthy: boolean; said: string }> {
        if (this.engine.program === "podman") await this.engine.call("healthcheck", "run", this.name);
        const newest = (await this.state()).Health?.Log?.at(-1);
        if (!newest) throw new Error(`${this.name} has no health log`);
        return { healthy: newest.ExitCode === 0, said: newest.Output.trim() };
    }
}

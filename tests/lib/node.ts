import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child, type Exit } from "./child";
import { Hopeless, type Patience, eventually } from "./eventually";
import { Api, type Session } from "./http";
import { batonBinary, logFolder } from "./paths";

/** What operators put into the files of -p and -a. */
export const credentials = {
    keyPassword: "Keystore-password-of-the-tests-0123456789",
    email: "operator@example.org",
    password: "Operator-password-of-the-tests",
};

export interface NodeOptions {
    name: string;
    /** ROOT; made, with the password files, when it is not there. */
    root: string;
    port: number;
    /** Where its API is reached: 127.0.0.1, unless it runs on a host of its own. */
    host?: string;
    /** Added to, or replacing, what every node of the tests gets; undefined takes a variable away. */
    env?: Record<string, string | undefined>;
    session?: Session;
    /** Another program with the same commands. */
    binary?: string;
    /** A program that starts the node, which it gets as its last arguments: a shell that redirects, a terminal. */
    through?: string[];
}

export interface CommandResult {
    code: number;
    stdout: string;
    stderr: string;
}

/** One instance: a process that can be killed and started again, its API and its log. */
export class BatonNode {
    readonly name: string;
    readonly api: Api;
    readonly logFile: string;
    readonly passwordFile: string;
    readonly apiFile: string;
    private child?: Child;

    constructor(private readonly options: NodeOptions) {
        this.name = options.name;
        this.api = new Api(`http://${options.host ?? "127.0.0.1"}:${options.port}`, options.session);
        this.logFile = join(logFolder, `${options.name}-${options.port}.log`);
        this.passwordFile = join(options.root, ".password");
        this.apiFile = join(options.root, ".api");
        rmSync(this.logFile, { force: true });
        mkdirSync(options.root, { recursive: true, mode: 0o700 });
        writeFileSync(this.passwordFile, `${credentials.keyPassword}\n`, { mode: 0o600 });
        writeFileSync(this.apiFile, `${credentials.email}\n${credentials.password}\n`, { mode: 0o600 });
    }

    get root(): string {
        return this.options.root;
    }

    get port(): number {
        return this.options.port;
    }

    get alive(): boolean {
        return this.child?.alive ?? false;
    }

    get pid(): number {
        return this.child?.pid ?? 0;
    }

    /** What the process finds in its environment: nothing of ours but PATH, and what an operator sets. */
    environment(): Record<string, string> {
        const all: Record<string, string | undefined> = {
            PATH: process.env.PATH,
            HOME: this.options.root,
            ROOT: this.options.root,
            CHAINLINK_PORT: String(this.options.port),
            HA_NAME: this.options.name,
            ...this.options.env,
        };
        return Object.fromEntries(Object.entries(all).filter((e): e is [string, string] => e[1] !== undefined));
    }

    /** Starts the process without waiting for anything. */
    start(args = ["local", "n", "-p", this.passwordFile, "-a", this.apiFile]): void {
        if (this.alive) throw new Error(`${this.name} is running already`);
        const [command, ...rest] = [...(this.options.through ?? []), this.options.binary ?? batonBinary, ...args];
        const typing = this.options.through !== undefined;
        this.child = Child.start(command!, rest, { logFile: this.logFile, env: this.environment(), typing });
    }

    /** What a person types at the node's terminal. */
    type(text: string): void {
        this.child?.type(text);
    }

    signal(signal: NodeJS.Signals): void {
        this.child?.signal(signal);
    }

    /** Sends the signal and waits for the end of the process. */
    async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
        return this.child!.stop(signal);
    }

    /** The end of a process that ends by itself. */
    async ended({ within = 15_000 }: Patience = {}): Promise<Exit> {
        await eventually(`${this.name} ends by itself (log: ${this.logFile})`, () => !this.alive, { within });
        return this.child!.exit;
    }

    log(): string {
        return this.child?.output() ?? "";
    }

    /** Waits until a line of the log contains the text. */
    async logs(text: string | RegExp, patience?: Patience): Promise<void> {
        await eventually(`the log of ${this.name} says ${text} (${this.logFile})`, () => {
            const ended = !this.alive;
            const log = this.log();
            if (typeof text === "string" ? log.includes(text) : text.test(log)) return true;
            if (ended) throw new Hopeless("the process has ended");
            return false;
        }, patience);
    }

    /** Waits until the HTTP server answers, leader or not. */
    async listens(patience?: Patience): Promise<void> {
        await eventually(`${this.name} answers on port ${this.port} (log: ${this.logFile})`, async () => {
            if (!this.alive) throw new Hopeless("the process has ended");
            return (await this.api.call("GET", "/health")).status > 0;
        }, patience);
    }

    async login(): Promise<void> {
        await this.api.login(credentials.email, credentials.password);
    }

    /** Attributes of GET /v2/leadership. */
    async leadership(): Promise<Leadership> {
        return (await this.api.get("/v2/leadership")).data.attributes;
    }

    /** Waits until the instance says of itself that it is in this state. */
    async reaches(state: Leadership["state"], patience?: Patience): Promise<Leadership> {
        return eventually(`${this.name} is ${state} (log: ${this.logFile})`, async () => {
            if (!this.alive) throw new Hopeless("the process has ended");
            if (!this.api.session.cookie) await this.login();
            const seen = await this.leadership();
            if (seen.state === state) return seen;
            throw new Error(`it is ${seen.state}`);
        }, { every: 20, ...patience });
    }

    /** Begins another command of the binary with this instance's environment; whoever asks for it ends it. */
    begin(args: string[], env: Record<string, string> = {}): ChildProcess {
        return spawn(batonBinary, args, { env: { ...this.environment(), ...env }, stdio: "ignore" });
    }

    /** Runs another command of the binary with this instance's environment against its API. */
    command(args: string[], { stdin = "", env = {} }: { stdin?: string; env?: Record<string, string> } = {}): Promise<CommandResult> {
        return runBaton(args, { ...this.environment(), CLIENT_NODE_URL: this.api.url, ...env }, stdin);
    }
}

/** Runs the binary to its end. */
export function runBaton(args: string[], env: Record<string, string>, stdin = ""): Promise<CommandResult> {
    return new Promise((done) => {
        const child = execFile(batonBinary, args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
            const code = error ? (typeof error.code === "number" ? error.code : 1) : 0;
            done({ code, stdout, stderr });
        });
        child.stdin?.end(stdin);
    });
}

export interface Leadership {
    state: "starting" | "standby" | "taking" | "leading" | "draining" | "stopped";
    name: string;
    leader: { name: string; address: string; version: string; since: string; aliveAt: string } | null;
    instances: { name: string; address: string; version: string; state: string; startedAt: string; lastSeen: string; self: boolean }[];
    history: { epoch: number; instance: string; from: string; reason: string; at: string; tookMicroseconds: number; gapMicroseconds: number | null; gapKnownBy: string | null }[];
    warnings: string[];
}

/** `docker attach`, as an operator does it in a terminal. */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Child } from "../../lib/child";
import { type Container, Engine } from "../../lib/containers";
import { eventually } from "../../lib/eventually";
import { credentials } from "../../lib/node";
import { logFolder } from "../../lib/paths";
import { Group } from "./group";

const found = Engine.find();
const engine = found as Engine;
const why = typeof found === "string" ? ` (skipped: ${found})` : "";

/** A terminal in which somebody has typed `docker attach`. */
class Attached {
    private readonly child: Child;

    constructor(name: string, container: Container) {
        const logFile = join(logFolder, `attach-${name}.log`);
        rmSync(logFile, { force: true });
        const command = `exec ${engine.program} attach ${container.name}`;
        this.child = Child.start("script", ["-qfec", command, "/dev/null"], { logFile, env: engine.environment() as Record<string, string>, typing: true });
    }

    /** What the terminal shows, without the line that says what was started. */
    get shown(): string {
        return this.child.output().split("\n").slice(1).join("\n");
    }

    async shows(text: string | RegExp): Promise<void> {
        await eventually(`the terminal shows ${text}`, () => {
            if (typeof text === "string" ? this.shown.includes(text) : text.test(this.shown)) return true;
            throw new Error(this.shown.split("\n").slice(-5).join("\n"));
        }, { within: 15_000, every: 20 });
    }

    type(text: string): void {
        this.child.type(text);
    }

    /**
     * The window gets another size: its terminal does, and who runs in it is told by SIGWINCH. Until `seen` says that the container has it: podman
     * loses one of two sizes that come close upon each other.
     */
    async resize(columns: number, rows: number, seen: () => Promise<string>): Promise<void> {
        const terminal = await eventually("the program in the terminal runs", () => {
            const inside = readdirSync("/proc").filter((one) => /^\d+$/.test(one)).find((one) => parentOf(one) === this.child.pid);
            const input = inside && readlinkSync(`/proc/${inside}/fd/0`);
            // For an instant it still has that of its parent.
            return input?.startsWith("/dev/pts/") && input;
        });
        await eventually(`the container's terminal has ${rows} rows and ${columns} columns`, async () => {
            const size = await seen();
            if (size === `${rows} ${columns}`) return true;
            for (const width of [columns + 1, columns]) execFileSync("stty", ["-F", terminal, "cols", String(width), "rows", String(rows)]);
            throw new Error(size);
        }, { within: 15_000, every: 300 });
    }

    /** Types the keys that detach until they are taken: one at a time as a person does, since podman does not know them when they come in one read. */
    async detach(): Promise<void> {
        const keys = ["\x10", "\x11"]; // Ctrl-P Ctrl-Q
        let typed = 0;
        await eventually("the terminal is free again", () => {
            if (!this.child.alive) return true;
            this.type(keys[typed++ % keys.length]!);
            return false;
        }, { within: 15_000, every: 200 });
    }

    async ended(): Promise<void> {
        await eventually("the terminal is free again", () => !this.child.alive, { within: 15_000 });
    }

    async close(): Promise<void> {
        if (this.child.alive) await this.child.stop("SIGKILL");
    }
}

function parentOf(process: string): number {
    try {
        return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${process}/status`, "utf8"))![1]);
    } catch {
        return 0;
    }
}

describe.skipIf(why)(`attached to an instance${why}`, () => {
    let group: Group;
    const terminals: Attached[] = [];
    const attach = (name: string, container: Container) => {
        terminals.push(new Attached(name, container));
        return terminals.at(-1)!;
    };

    beforeAll(async () => {
        group = await Group.prepare(engine, "root", "plain");
    }, 600_000);
    afterAll(async () => {
        for (const terminal of terminals) await terminal.close();
        await group?.stop();
    }, 120_000);

    // That the line comes again once a minute: PresenceTest of baton/lease, with a clock that the test moves.
    test("it says when it begins to wait, for whom and since when; resizing, detaching and a closed terminal harm nothing; Ctrl-C hands over", async () => {
        const secondary = await group.instance("secondary", ["--interactive", "--tty"]);
        await secondary.leads();
        const primary = await group.instance("chainlink");
        await primary.standsBy();
        const process = await engine.expect("inspect", "--format", "{{.State.Pid}}", secondary.container.name);
        const unharmed = async () => {
            await secondary.standsBy();
            expect(await engine.expect("inspect", "--format", "{{.State.Pid}}", secondary.container.name)).toBe(process);
        };
        const size = async () => (await secondary.container.exec("stty", "-F", "/proc/1/fd/0", "size")).output.trim();

        const first = attach("first", secondary.container);
        for (const [columns, rows] of [[132, 50], [40, 10]] as const) {
            await first.resize(columns, rows, size);
        }
        await secondary.api.login(credentials.email, credentials.password);
        await secondary.api.call("POST", "/v2/leadership/handover");
        await primary.leads();
        await first.shows(/standby: waiting for chainlink \(http:\/\/[\d.]+:6688\), leading since 20\d\d-/);
        await first.detach();
        await unharmed();

        // A terminal that is closed instead of left.
        const second = attach("second", secondary.container);
        await second.resize(90, 30, size);
        await second.close();
        await unharmed();

        const third = attach("third", secondary.container);
        await third.resize(100, 40, size);
        await engine.expect("kill", primary.container.name);
        await secondary.leads(3_000);
        await third.shows("leadership: taking -> leading: leader gone");
        third.type("\x03"); // Ctrl-C
        await third.ended();
        expect(await secondary.container.state()).toMatchObject({ Running: false, ExitCode: 0 });
        await secondary.container.logs("leadership: draining -> stopped: released");
    });
});

import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Engine } from "../../lib/containers";
import { eventually } from "../../lib/eventually";
import { Group, type Instance } from "./group";

const found = Engine.find();
const engine = found as Engine;
const why = typeof found === "string" ? ` (skipped: ${found})` : "";

describe.skipIf(why)(`containers${why}`, () => {
    let group: Group;

    beforeAll(async () => {
        group = await Group.prepare(engine, "root", "plain");
    }, 600_000);
    afterAll(async () => {
        await group?.stop();
    }, 120_000);
    afterEach(async () => {
        for (const name of ["chainlink", "secondary"]) await engine.call("rm", "--force", "--time", "0", `${engine.prefix}-${name}`);
    });

    async function pair(options: string[] = []): Promise<[Instance, Instance]> {
        const primary = await group.instance("chainlink", options);
        await primary.leads();
        const secondary = await group.instance("secondary", options);
        await secondary.standsBy();
        return [primary, secondary];
    }

    const asked = (what: "kill" | "stop" | "start" | "restart", instance: Instance, ...args: string[]) =>
        engine.expect(what, ...args, instance.container.name);

    test("entry point, arguments, port, users and work folders are those of v1.11.0's image", async () => {
        const config = async (kind: "plain" | "root") => JSON.parse(await engine.expect("image", "inspect", "--format", "{{json .Config}}", engine.image(kind)));
        const common = { Entrypoint: ["chainlink"], Cmd: ["local", "node"], ExposedPorts: { "6688/tcp": {} } };
        expect(await config("plain")).toMatchObject({ ...common, User: "chainlink", WorkingDir: "/home/chainlink" });
        const root = await config("root");
        expect(root).toMatchObject({ ...common, WorkingDir: "/root" });
        expect(root.User ?? "").toBe("");
        expect(root.Env).toContain("ROOT=/chainlink");
        expect((await engine.once(["--entrypoint", "id"], ["-u"])).output.trim()).toBe("14933");
        expect((await engine.once(["--entrypoint", "pg_dump"], ["--version"])).output).toContain("pg_dump (PostgreSQL)");
        expect((await engine.once(["--entrypoint", "sh"], ["-c", "ls /usr/lib/postgresql/*/bin/postgres"])).code).not.toBe(0);
    });

    test("without DATABASE_URL it ends with one line that says what to set, with a terminal or without", async () => {
        for (const options of [[], ["--tty"]]) {
            const { code, output } = await engine.once(options, ["local", "n"]);
            expect(code).toBe(1);
            expect(output.trim().split("\n")).toEqual([expect.stringMatching(/^DATABASE_URL is not set .* set DATABASE_URL, or install the package postgresql/)]);
        }
    });

    test("leader and warm standby are healthy and the health log tells which is which; without their database they are not", async () => {
        const [primary, secondary] = await pair();
        expect(await primary.container.health()).toEqual({ healthy: true, said: "leader" });
        expect(await secondary.container.health()).toEqual({ healthy: true, said: "standby" });
        await group.server.down();
        for (const instance of [primary, secondary]) {
            const { healthy, said } = await eventually(`${instance.name} is not healthy`, async () => {
                const health = await instance.container.health();
                return !health.healthy && health;
            });
            expect(healthy).toBe(false);
            expect(said).toMatch(/neither leader nor warm standby: .*\/leader gives 503, \/standby gives 503/);
        }
        await group.server.up();
        await eventually("one leads and one stands by again", async () => {
            const roles = [await primary.container.health(), await secondary.container.health()].map(({ said }) => said).sort();
            expect(roles).toEqual(["leader", "standby"]);
            return true;
        }, { within: 20_000 });
    });

    test("kill, start, restart -t 0, stop: control passes back and forth", async () => {
        const [primary, secondary] = await pair();
        await asked("kill", primary);
        await secondary.leads(3_000);
        await secondary.container.logs(/leadership: taking -> leading: leader gone/);
        await asked("start", primary);
        await primary.standsBy();
        await primary.container.logs(/standby: waiting for secondary \(http:\/\/.*\), leading since/);
        await asked("restart", secondary, "-t", "0");
        await primary.leads(3_000);
        await secondary.standsBy();
        await asked("stop", primary);
        await secondary.leads(3_000);
        expect(await primary.container.state()).toMatchObject({ Running: false, ExitCode: 0 });
        await primary.container.logs("leadership: draining -> stopped: released");
    });

    test("a read-only root file system is enough, and so is little memory once the keys are derived", async () => {
        const primary = await group.instance("chainlink", ["--read-only", "--tmpfs", "/tmp"]);
        await primary.leads();
        const resident = Number(/VmRSS:\s+(\d+) kB/.exec((await primary.container.exec("cat", "/proc/1/status")).output)![1]);
        console.log(`resident: ${resident} kB`);
        expect(resident).toBeLessThan(64_000);
    });

    test("384 MB are enough to derive the keys; a lower limit is named before they are derived", async () => {
        const scrypt = ["--env", "INSECURE_FAST_SCRYPT=false"];
        const small = await group.server.createDatabase();
        const own = ["--env", `DATABASE_URL=${group.urlOf(small)}`, ...scrypt];
        try {
            const enough = await group.instance("chainlink", ["--memory", "384m", ...own]);
            await enough.leads();
            expect(await enough.container.log()).not.toContain("the memory limit is");
            await asked("kill", enough);
            const tight = await group.instance("secondary", ["--memory", "128m", "--memory-swap", "128m", ...own]);
            await tight.container.logs("the memory limit is 128 MB, and deriving the key of the key ring needs 320 MB");
            await eventually("it is ended by the system", async () => !(await tight.container.state()).Running);
            expect((await tight.container.state()).ExitCode).toBe(137);
        } finally {
            await engine.call("rm", "--force", "--time", "0", `${engine.prefix}-chainlink`, `${engine.prefix}-secondary`);
            await small.drop();
        }
    });

    test("a ROOT without room costs log lines, nothing else", async () => {
        const primary = await group.instance("chainlink", ["--tmpfs", "/full:size=64k,mode=1777", "--env", "LOG_FILE_DIR=/full"]);
        await primary.leads();
        await primary.container.logs("the disk has not enough room left: nothing is written to the log file");
        expect((await primary.container.health()).said).toBe("leader");
    });

    test("a ROOT that belongs to somebody else is told, and is no obstacle as long as its files can be read", async () => {
        chownSync(group.root, 4711, 4711);
        chmodSync(group.root, 0o755);
        try {
            const primary = await group.instance("chainlink");
            await primary.leads();
            await primary.container.logs("/chainlink is readable by others and its rights cannot be changed");
            chmodSync(join(group.root, ".password"), 0o600);
            const { code, output } = await engine.once(group.options, ["local", "n", "-p", "/chainlink/.password"]);
            expect(code).toBe(1);
            expect(output).toMatch(/error reading password from file: .*\/chainlink\/\.password.*permission denied/i);
        } finally {
            chmodSync(join(group.root, ".password"), 0o644);
            chownSync(group.root, 0, 0);
        }
    });

    test("the Debian package installs, brings its unit, and is removed without a trace", async () => {
        const inside = `set -e
            apt-get install -y -qq --no-install-recommends --reinstall /baton.deb >/dev/null 2>&1 || dpkg -i /baton.deb >/dev/null
            chainlink --version
            cat /lib/systemd/system/baton@.service | grep -c ^ExecStart
            dpkg -r baton >/dev/null
            ! ls -d /usr/bin/baton /usr/bin/chainlink /usr/lib/baton /lib/systemd/system/baton@.service 2>/dev/null
            echo gone`;
        const { code, output } = await engine.once(["--volume", `${engine.deb}:/baton.deb:ro`, "--entrypoint", "sh"], ["-c", inside], "root");
        expect(output.trim().split("\n")).toEqual([expect.stringContaining("1.11.0"), "1", "gone"]);
        expect(code).toBe(0);
        const control = execFileSync("dpkg-deb", ["-f", engine.deb!, "Package", "Version", "Depends"], { encoding: "utf8" });
        expect(control).toMatch(/Package: baton/);
        console.log(`package: ${statSync(engine.deb!).size} bytes`);
    });
});

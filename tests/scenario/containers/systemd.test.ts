/** The unit of the Debian package under a real systemd, which is the first process of a container. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Container, Engine } from "../../lib/containers";
import { eventually } from "../../lib/eventually";
import { credentials } from "../../lib/node";
import { checkout } from "../../lib/paths";
import { Group } from "./group";

const found = Engine.find();
const engine = found as Engine;
const reason = typeof found === "string" ? found : found.program === "docker" ? "podman starts a systemd, docker is not told how" : "";
const why = reason && ` (skipped: ${reason})`;

/** Where the first version of control groups is mounted, systemd wants a hierarchy of its own. */
const hierarchy = "/sys/fs/cgroup/systemd";
const options = ["--privileged", "--systemd=always", "--cgroupns=host", "--tmpfs", "/tmp", ...(existsSync(hierarchy) ? ["--volume", `${hierarchy}:${hierarchy}`] : [])];

/** The commands that deploy/README.md gives under this heading, one by one. */
function commandsUnder(heading: string): string[] {
    const page = readFileSync(join(checkout, "deploy/README.md"), "utf8");
    const block = /```sh\n(.*?)```/s.exec(page.split(`\n## ${heading}\n`)[1] ?? "")?.[1];
    if (!block) throw new Error(`deploy/README.md has no commands under "${heading}"`);
    return block.trim().split("\n");
}

describe.skipIf(reason)(`a machine with systemd${why}`, () => {
    let group: Group;
    let machine: Container;
    /** Not every machine lets a container have one. */
    let up: boolean;
    beforeAll(async () => {
        group = await Group.prepare(engine, "systemd");
        machine = await engine.run("machine", options, [], "systemd");
        up = await eventually("systemd is up", async () => {
            const { output } = await machine.exec("systemctl", "is-system-running");
            return /^(running|degraded)/.test(output);
        }, { within: 30_000, every: 200 }).catch(() => false);
        if (!up) return;
        // As on a machine of its own; in a container systemd leaves that to others, and units do not see their credentials.
        await sh("mount --make-rshared /");
        await sh(`install -d -m 700 /etc/baton; cd /etc/baton; umask 077
            for name in chainlink secondary; do
                printf '%s\\n' ${credentials.keyPassword} >$name.password
                printf '%s\\n' ${credentials.email} ${credentials.password} >$name.api
                printf '%s\\n' DATABASE_URL='${group.urlOf(group.database)}' CHAINLINK_TLS_PORT=0 SECURE_COOKIES=false INSECURE_FAST_SCRYPT=true >$name.env
            done
            echo CHAINLINK_PORT=6688 >>chainlink.env; echo CHAINLINK_PORT=6687 >>secondary.env`);
    }, 300_000);
    afterAll(() => group?.stop());

    async function sh(script: string): Promise<string> {
        const { code, output } = await machine.exec("sh", "-c", script);
        if (code !== 0) throw new Error(`${script}: ${code}: ${output}`);
        return output;
    }
    const port = { chainlink: 6688, secondary: 6687 };
    async function is(name: keyof typeof port, role: "leader" | "standby"): Promise<void> {
        await eventually(`${name}: /${role} is 200`, async () => {
            const { code } = await machine.exec("curl", "-sf", `http://127.0.0.1:${port[name]}/${role}`);
            if (code === 0) return true;
            throw new Error((await machine.exec("journalctl", "--no-pager", "-n", "5", "-u", `baton@${name}`)).output);
        }, { within: 20_000, every: 100 });
    }

    test("two instances start, hand over and fail over as units, with everything closed that the unit closes", async ({ skip }) => {
        if (!up) skip("no systemd starts in a container here");
        const [first, second, ...rest] = commandsUnder("As a service");
        await sh(first!);
        await is("chainlink", "leader");
        await sh(second!);
        await is("secondary", "standby");

        await sh("systemctl kill --signal=KILL baton@chainlink");
        await is("secondary", "leader");
        // Restart=on-failure
        await is("chainlink", "standby");

        expect(rest).toEqual(["systemctl restart baton@secondary"]);
        await sh(rest[0]!);
        await is("chainlink", "leader");
        await is("secondary", "standby");
        expect(await sh("journalctl --no-pager -u baton@secondary")).toContain("leadership: draining -> stopped: released");
        expect((await group.database.query("select reason from baton.leadership_log order by epoch")).map(({ reason }) => reason))
            .toEqual(["first start", "leader gone", "handover"]);
    }, 120_000);

    test("what an instance keeps is its own, and passwords are with nobody else", async ({ skip }) => {
        if (!up) skip("no systemd starts in a container here");
        const folders = await sh("stat -c '%a %U' /var/lib/private /var/lib/private/baton-chainlink");
        expect(folders).toMatch(/^700 root\n700 (?!root)\S+/);
        expect(await sh("tr '\\0' '\\n' </proc/$(systemctl show --value -p MainPID baton@chainlink)/environ")).not.toContain(credentials.keyPassword);
        const { code } = await machine.exec("setpriv", "--reuid=65534", "--clear-groups", "cat", "/run/credentials/baton@chainlink.service/password");
        expect(code).not.toBe(0);
    });

    test("instances outlive the package that they were started from", async ({ skip }) => {
        if (!up) skip("no systemd starts in a container here");
        await sh("apt-get remove -y -qq baton 2>&1");
        expect((await machine.exec("test", "-e", "/usr/bin/baton")).code).toBe(1);
        await is("chainlink", "leader");
        await is("secondary", "standby");
        expect(await sh("ls /etc/baton")).toContain("chainlink.password");
    });
});

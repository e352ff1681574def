/** A database in a container of its own, the image with a server of its own, and ROOT on a full disk. */
import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Container, Engine } from "../../lib/containers";
import { eventually } from "../../lib/eventually";
import { Api } from "../../lib/http";
import { credentials } from "../../lib/node";
import { scratchFolder } from "../../lib/paths";
import { freePort } from "../../lib/ports";
import { Group, Instance } from "./group";

const found = Engine.find();
const engine = found as Engine;
const why = typeof found === "string" ? ` (skipped: ${found})` : "";

describe.skipIf(why)(`containers in trouble${why}`, () => {
    let group: Group;
    const data = scratchFolder("allinone");

    beforeAll(async () => {
        group = await Group.prepare(engine, "root", "plain", "allinone");
    }, 600_000);
    afterAll(async () => {
        await group?.stop();
        rmSync(data, { recursive: true, force: true });
    }, 120_000);
    afterEach(async () => {
        for (const name of ["chainlink", "secondary", "database"]) await engine.call("rm", "--force", "--time", "0", `${engine.prefix}-${name}`);
    });

    const startedAt = (instance: Instance) => engine.expect("inspect", "--format", "{{.State.StartedAt}}", instance.container.name);
    const roles = async (...instances: Instance[]) => {
        const all: string[] = [];
        for (const one of instances) all.push((await one.container.health()).said);
        return all.sort();
    };
    const oneOfEach = (what: string, a: Instance, b: Instance) => eventually(what, async () => {
        const seen = await roles(a, b);
        if (String(seen) === "leader,standby") return true;
        throw new Error(seen.join("; "));
    }, { within: 30_000, every: 200 });

    /** PostgreSQL in a container, at an address that a restart does not change. */
    async function database(): Promise<{ container: Container; url: string }> {
        const address = engine.gateway.replace(/1$/, "77");
        const serve = `set -e; cd /var/lib/postgresql; bin=$(ls -d /usr/lib/postgresql/*/bin); data=/var/lib/postgresql/data
            if [ ! -e $data/PG_VERSION ]; then
                $bin/initdb -D $data -A trust >/dev/null
                printf "host all all all trust\\n" >> $data/pg_hba.conf
            fi
            exec $bin/postgres -D $data -c listen_addresses='*' -c fsync=off`;
        // Nor does it change the hardware address: the others would look for the old one for a while.
        const options = ["--ip", address, "--mac-address", "02:42:0a:d5:00:4d", "--user", "postgres", "--entrypoint", "sh", "--no-healthcheck"];
        const container = await engine.run("database", options, ["-c", serve], "allinone");
        await eventually("the database answers", async () => (await container.exec("pg_isready", "-h", "127.0.0.1")).code === 0, { within: 30_000 });
        return { container, url: `postgresql://postgres@${address}/postgres?sslmode=disable` };
    }

    test("docker restart of the database: both instances live on, one leads and one stands by again", async () => {
        const { container, url } = await database();
        const own = ["--env", `DATABASE_URL=${url}`];
        const primary = await group.instance("chainlink", own);
        await primary.leads();
        const secondary = await group.instance("secondary", own);
        await secondary.standsBy();
        const before = [await startedAt(primary), await startedAt(secondary)];
        for (const how of [["restart"], ["restart", "--time", "0"]]) {
            await engine.expect(...how, container.name);
            await oneOfEach(`after ${how.join(" ")} one leads and one stands by`, primary, secondary);
        }
        // What is lost for longer is waited for, too.
        await engine.expect("stop", container.name);
        await eventually("no instance is healthy", async () => (await roles(primary, secondary)).every((said) => said.startsWith("neither")));
        await engine.expect("start", container.name);
        await oneOfEach("after stop and start one leads and one stands by", primary, secondary);
        expect([await startedAt(primary), await startedAt(secondary)]).toEqual(before);
    });

    test("-allinone: its PostgreSQL survives restarts and kills of the container, and the volume keeps the data", async () => {
        mkdirSync(data, { recursive: true });
        chmodSync(data, 0o700);
        chownSync(data, 14933, 14933);
        const options = ["--volume", `${data}:/data`, "--env", "ROOT=/data", "--env", "DATABASE_URL="];
        let instance = await group.instance("chainlink", options, "allinone");
        await instance.leads(40_000);
        await instance.container.logs("no DATABASE_URL: initialising a private PostgreSQL");
        await instance.api.login(credentials.email, credentials.password);
        const epoch = async () => (await instance.api.get("/v2/leadership")).data.id;
        expect(await epoch()).toBe("1");
        let expected = 1;
        for (const how of [["restart"], ["restart", "--time", "0"], ["kill", "start"], ["restart", "--time", "0"], ["restart"]]) {
            if (how[0] === "kill") {
                await engine.expect("kill", instance.container.name);
                await engine.expect("start", instance.container.name);
            } else {
                await engine.expect(...how, instance.container.name);
            }
            await instance.leads(40_000);
            expect(await epoch(), `login and history after ${how.join(" ")}`).toBe(String(++expected));
        }
        await engine.expect("rm", "--force", instance.container.name);
        instance = await group.instance("chainlink", options, "allinone");
        await instance.leads(40_000);
        await instance.api.login(credentials.email, credentials.password);
        expect(await epoch()).toBe(String(expected + 1));
        expect((await instance.container.log()).includes("initialising a private PostgreSQL")).toBe(false);
    });

    test("a full ROOT: the node starts and leads, and says what could not be written", async () => {
        const port = await freePort();
        const fill = `mkdir -p /full/backup; touch -d '2 hours ago' /full/backup/cl_backup_1.11.0.dump
            cat /dev/zero > /full/filler 2>/dev/null
            exec chainlink local n -p /chainlink/.password -a /chainlink/.api`;
        const options = [
            "--publish", `127.0.0.1:${port}:6688`, ...group.options, "--entrypoint", "sh", "--tmpfs", "/full:size=256k,mode=1777",
            "--env", "ROOT=/full", "--env", "HA_NAME=chainlink", "--env", "DATABASE_BACKUP_MODE=full",
        ];
        const container = await engine.run("chainlink", options, ["-c", fill]);
        const instance = new Instance("chainlink", container, new Api(`http://127.0.0.1:${port}`));
        await instance.leads();
        await container.logs("the disk has not enough room left: nothing is written to the log file");
        await container.logs(/the backup failed; the last one is unchanged.*[Nn]o space left/, { within: 40_000 });
        await instance.api.login(credentials.email, credentials.password);
        expect((await container.health()).said).toBe("leader");
        expect((await container.exec("ls", "/full/backup")).output.trim()).toBe("cl_backup_1.11.0.dump");
    });
});

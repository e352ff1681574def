import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { BatonNode } from "../lib/node";
import { freePort } from "../lib/ports";

let lab: Lab;
let primary: BatonNode;
let secondary: BatonNode;

beforeAll(async () => {
    lab = await Lab.start({ env: { DATABASE_URL: undefined } });
    primary = await lab.node("embedded");
    // The same ROOT: both use the one server that belongs to it.
    const { CHAINLINK_PORT: _port, HA_NAME: _name, ...shared } = primary.environment();
    secondary = new BatonNode({
        name: "embedded-2", root: primary.root, port: await freePort(), session: lab.session, env: shared,
    });
    lab.nodes.push(secondary);
});
afterAll(async () => {
    await primary?.command(["db", "stop"]);
    // Started as root the data lies outside ROOT, and a pointer tells where.
    const pointer = join(primary.root, "postgres.path");
    if (existsSync(pointer)) rmSync(dirname(readFileSync(pointer, "utf8").trim()), { recursive: true, force: true });
    await lab?.stop();
});

/** What the doctor says of the private server, by check; and its exit code. */
async function doctor(node: BatonNode) {
    const { code, stdout } = await node.command(["-j", "doctor", "-p", node.passwordFile]);
    const findings: { level: string; check: string; text: string }[] = JSON.parse(stdout);
    return { code, findings, of: (check: string) => findings.find((one) => one.check === check) };
}

test("without DATABASE_URL the node makes a server of its own", async () => {
    const { findings } = await doctor(primary);
    expect(findings).toEqual([{ level: "warning", check: "private PostgreSQL", text: expect.stringContaining("there is none") }]);
    primary.start();
    await primary.reaches("leading", { within: 30_000 });
    await lab.createJob(primary, webhookJob({ name: "kept" }));
});

test("the server outlives the instance and is shared by all of one ROOT", async () => {
    secondary.start();
    await secondary.reaches("standby");
    await primary.stop("SIGKILL");
    await secondary.reaches("leading", { within: 2_000 });
    const { data } = await secondary.api.get("/v2/jobs");
    expect(data.map((job: any) => job.attributes.name)).toEqual(["kept"]);
});

test("the doctor examines it while it runs, and says so when it does not", async () => {
    const running = await doctor(secondary);
    expect(running.of("private PostgreSQL")).toMatchObject({ level: "ok", text: expect.stringContaining("it runs in") });
    expect(running.of("database")).toMatchObject({ level: "ok" });
    expect(running.of("password")).toMatchObject({ level: "ok" });
    expect(running.of("takeover now")).toMatchObject({ level: "problem", text: expect.stringContaining("nobody waits behind") });
    await secondary.stop("SIGTERM");
    expect((await secondary.command(["db", "stop"])).code).toBe(0);
    const stopped = await doctor(secondary);
    expect([stopped.code, stopped.of("private PostgreSQL")?.level, stopped.findings.length]).toEqual([2, "problem", 1]);
    secondary.start();
    await secondary.reaches("leading", { within: 30_000 });
});

test("baton db stop ends it, and the next start finds the data again", async () => {
    await secondary.stop("SIGTERM");
    expect((await primary.command(["db", "stop"])).code).toBe(0);
    primary.start();
    await primary.reaches("leading", { within: 30_000 });
    const { data } = await primary.api.get("/v2/jobs");
    expect(data.map((job: any) => job.attributes.name)).toEqual(["kept"]);
    await primary.stop("SIGTERM");
});

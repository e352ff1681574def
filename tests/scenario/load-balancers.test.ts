import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Child } from "../lib/child";
import { eventually } from "../lib/eventually";
import { Api } from "../lib/http";
import { type Job, webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { checkout, logFolder } from "../lib/paths";
import { freePort } from "../lib/ports";

let lab: Lab;
let first: BatonNode;
let second: BatonNode;
let job: Job;
let balancer: Child | undefined;

beforeAll(async () => {
    lab = await Lab.start();
    [first, second] = await lab.pair();
    job = await lab.createJob(first, webhookJob());
});
afterAll(() => lab?.stop());
afterEach(async () => {
    await balancer?.stop("SIGKILL");
    balancer = undefined;
});

const status = async (node: BatonNode, path: string, method = "GET") => (await node.api.call(method, path)).status;

test("/leader and /standby tell the two apart, and follow a takeover; no limit counts them", async () => {
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
        expect([await status(first, "/leader", method), await status(first, "/standby", method)]).toEqual([200, 503]);
        expect([await status(second, "/leader", method), await status(second, "/standby", method)]).toEqual([503, 200]);
    }
    await first.stop("SIGKILL");
    await eventually("the second instance leads", async () => (await status(second, "/leader")) === 200, { within: 2_000, every: 5 });
    expect(await status(second, "/standby")).toBe(503);
    first.start();
    await eventually("the first instance stands by", async () => (await status(first, "/standby")) === 200);
    expect(await status(first, "/leader")).toBe(503);
});

/** Who leads, and who waits. */
async function roles(): Promise<[BatonNode, BatonNode]> {
    return (await status(first, "/leader")) === 200 ? [first, second] : [second, first];
}

describe.skipIf(!existsSync("/usr/sbin/haproxy"))("HAProxy with deploy/haproxy/haproxy.cfg", () => {
    test("sends calls to the leader, whoever that is", async () => {
        const port = await freePort();
        const config = join(checkout, "deploy/haproxy/haproxy.cfg");
        const env = {
            BATON_LISTEN: `127.0.0.1:${port}`,
            BATON_FIRST: `127.0.0.1:${first.port}`,
            BATON_SECOND: `127.0.0.1:${second.port}`,
        };
        balancer = Child.start("/usr/sbin/haproxy", ["-db", "-f", config], { logFile: join(logFolder, "haproxy.log"), env });
        const through = new Api(`http://127.0.0.1:${port}`, lab.session);
        await eventually("HAProxy answers", async () => (await through.call("GET", "/leader")).status === 200);

        const run = { value: 1 };
        for (let change = 0; change < 2; ++change) {
            const [leader, standby] = await roles();
            await through.expect(200, "POST", `/v2/jobs/${job.externalJobId}/runs`, run);
            expect((await through.get("/v2/leadership")).data.attributes.name).toBe(leader.name);
            await leader.stop("SIGKILL");
            await eventually("HAProxy follows", async () => {
                expect((await through.get("/v2/leadership")).data.attributes).toMatchObject({ name: standby.name, state: "leading" });
                return true;
            }, { within: 5_000 });
            leader.start();
            await eventually(`${leader.name} stands by`, async () => (await status(leader, "/standby")) === 200);
        }
    });
});

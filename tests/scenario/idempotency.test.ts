import { afterEach, beforeEach, expect, test } from "vitest";
import { Adapter } from "../lib/adapter";
import { eventually, pause } from "../lib/eventually";
import { type Job, webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { Random, testSeed } from "../lib/random";

let lab: Lab;
let primary: BatonNode;
let secondary: BatonNode;
let adapter: Adapter;
let job: Job;

beforeEach(async () => {
    adapter = await Adapter.start();
    // Runs are deleted soon, all but those that a caller's key still stands for.
    lab = await Lab.start({ env: { JOB_PIPELINE_REAPER_INTERVAL: "200ms", JOB_PIPELINE_REAPER_THRESHOLD: "1s" } });
    [primary, secondary] = await lab.pair();
    job = await lab.createJob(primary, webhookJob({ adapterUrl: adapter.url("/work") }));
    adapter.reply("/work", { body: { done: true } });
});
afterEach(async () => {
    await lab?.stop();
    await adapter?.stop();
});

const run = (node: BatonNode, body: unknown, key?: string) =>
    node.api.call("POST", `/v2/jobs/${job.externalJobId}/runs`, body, key === undefined ? {} : { "Idempotency-Key": key });
const requests = (key: string) =>
    lab.database.value<number>(`select count(*) from baton.requests where request_key = 'webhook:${key}'`);

test("the same key is the same run on either instance, another body is refused, no key is a run each", async () => {
    const first = await run(primary, { value: 1 }, "order-1");
    expect(first.status).toBe(200);
    for (const node of [primary, secondary]) {
        const again = await run(node, { value: 1 }, "order-1");
        expect([again.status, again.body.data.id]).toEqual([200, first.body.data.id]);
        expect((await run(node, { value: 2 }, "order-1")).status).toBe(422);
        for (const bad of ["x".repeat(256), "two words"]) expect((await run(node, { value: 1 }, bad)).status).toBe(422);
    }
    const without = await Promise.all([run(primary, { value: 1 }), run(primary, { value: 1 }), run(secondary, { value: 1 })]);
    expect(new Set(without.map((answer) => answer.body.data.id)).size).toBe(3);

    // Everything but the run of the key is deleted; it stays as long as the key does.
    await eventually("old runs are deleted", async () => (await lab.database.value<number>("select count(*) from pipeline_runs")) === 1);
    const late = await run(secondary, { value: 1 }, "order-1");
    expect([late.status, late.body.data.id]).toEqual([200, first.body.data.id]);
    expect(late.body.data.attributes.outputs).toEqual(first.body.data.attributes.outputs);
    await lab.database.query("update baton.requests set created_at = now() - interval '8 days'");
    await eventually("an old key is forgotten, and its run goes with it", async () => {
        const left = "select (select count(*) from baton.requests) + (select count(*) from pipeline_runs)";
        return (await lab.database.value<number>(left)) === 0;
    });
});

test("a leader killed in the middle of a run: the repetition at the other instance is the one run", async () => {
    adapter.reply("/work", { body: { done: true }, delay: 60_000 });
    const broken = run(primary, { value: 7 }, "order-7").catch((error: Error) => error);
    await eventually("the run is under way", () => adapter.asked.get("/work") === 1);
    adapter.reply("/work", { body: { done: true } });
    await primary.stop("SIGKILL");
    expect(await broken).toBeInstanceOf(Error);
    const repeated = await run(secondary, { value: 7 }, "order-7");
    expect([repeated.status, repeated.body.data.attributes.outputs]).toEqual([200, ["70"]]);
    expect(await requests("order-7")).toBe(1);
    primary.start();
    await primary.reaches("standby");
    expect((await run(primary, { value: 7 }, "order-7")).body.data.id).toBe(repeated.body.data.id);
    expect(adapter.asked.get("/work")).toBe(2);
});

test("calls cut off at random instants and repeated under their keys: one run each, and the same answer", async () => {
    const random = new Random(testSeed("keys"));
    let [leader, standby] = [primary, secondary];
    for (let round = 0; round < 6; ++round) {
        const keys = Array.from({ length: 10 }, (_, i) => `round-${round}-call-${i}`);
        const cut = keys.map((key, i) => run(leader, { value: i }, key).catch(() => undefined));
        await pause(random.between(0, 40));
        await leader.stop("SIGKILL");
        const before = await Promise.all(cut);
        const after = await Promise.all(keys.map((key, i) => run(standby, { value: i }, key)));
        for (const [i, key] of keys.entries()) {
            expect([after[i]!.status, after[i]!.body.data.attributes.outputs], key).toEqual([200, [String(i * 10)]]);
            if (before[i]?.status === 200) expect(before[i]!.body.data.id, key).toBe(after[i]!.body.data.id);
            expect(await requests(key)).toBe(1);
        }
        leader.start();
        await leader.reaches("standby");
        [leader, standby] = [standby, leader];
    }
    expect(await lab.database.value<number>("select count(*) from pipeline_runs")).toBe(60);
});

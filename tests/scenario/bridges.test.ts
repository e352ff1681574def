import { afterEach, beforeEach, expect, test } from "vitest";
import { Adapter } from "../lib/adapter";
import { eventually } from "../lib/eventually";
import { type Job, bridgeJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { freePort } from "../lib/ports";

let lab: Lab;
let primary: BatonNode;
let secondary: BatonNode;
let adapter: Adapter;

beforeEach(async () => {
    adapter = await Adapter.start();
    // Any address will do: the adapter of these tests delivers to the instance that a test names.
    lab = await Lab.start({ env: { BRIDGE_RESPONSE_URL: `http://127.0.0.1:${await freePort()}` } });
    [primary, secondary] = await lab.pair();
    for (const name of ["a", "b"])
        await primary.api.expect(200, "POST", "/v2/bridge_types", { name, url: adapter.url(`/${name}`) });
});
afterEach(async () => {
    await lab?.stop();
    await adapter?.stop();
});

const run = async (node: BatonNode, job: Job) =>
    (await node.api.expect(200, "POST", `/v2/jobs/${job.externalJobId}/runs`, {})).data;
const shown = async (node: BatonNode, id: string) => (await node.api.get(`/v2/jobs/1/runs/${id}`)).data.attributes;
const deliver = (node: BatonNode, document: any, value: unknown) =>
    node.api.call("PATCH", new URL(document.responseURL).pathname, { value });
const completes = (node: BatonNode, id: string, outputs: unknown) =>
    eventually(`run ${id} is completed`, async () => {
        const attributes = await shown(node, id);
        if (!attributes.finishedAt) throw new Error(JSON.stringify(attributes));
        expect(attributes.outputs).toEqual(outputs);
        return true;
    });

test("bridges are made at a standby, asked by the leader, and a kept answer stands in for a failure", async () => {
    await secondary.api.expect(200, "POST", "/v2/bridge_types", { name: "Late", url: adapter.url("/late") });
    const job = await lab.createJob(primary, bridgeJob(["late"], { cacheTTL: "1h" }));
    adapter.reply("/late", { body: { result: 7 } });
    expect((await run(primary, job)).attributes.outputs).toEqual(["7"]);
    expect(adapter.documents.get("/late")).toEqual({ data: { n: 0 } });
    adapter.reply("/late", { status: 500, body: { error: "no price" } });
    expect((await run(secondary, job)).attributes.outputs).toEqual(["7"]);
    // A change is noticed at once, and the answer of before outlives a takeover.
    await secondary.api.expect(200, "PATCH", "/v2/bridge_types/late", { name: "late", url: adapter.url("/moved") });
    expect((await run(primary, job)).attributes.outputs).toEqual(["7"]);
    expect(adapter.asked.get("/moved")).toBe(1);
    await primary.stop("SIGKILL");
    await secondary.reaches("leading");
    expect((await run(secondary, job)).attributes.outputs).toEqual(["7"]);
    expect((await secondary.api.call("DELETE", "/v2/bridge_types/late")).status).toBe(409);
});

test("a callback resumes the run, at the leader or at the standby; twice is once; after the end it is refused", async () => {
    const job = await lab.createJob(primary, bridgeJob(["a", "b"], { async: true }));
    for (const path of ["/a", "/b"]) adapter.reply(path, { body: { pending: true } });
    const started = await run(primary, job);
    expect(started.attributes.finishedAt).toBeNull();
    const [a, b] = [adapter.documents.get("/a"), adapter.documents.get("/b")];
    expect((await deliver(secondary, a, { result: 20 })).status).toBe(200);
    expect((await deliver(primary, a, { result: 99 })).status).toBe(200);
    expect((await shown(primary, started.id)).finishedAt).toBeNull();
    expect((await deliver(primary, b, { result: 1 })).status).toBe(200);
    await completes(secondary, started.id, ["21"]);
    const late = await deliver(primary, a, { result: 20 });
    expect([late.status, late.body.errors[0].detail]).toEqual([500, "sql: no rows in result set"]);
    expect([adapter.asked.get("/a"), adapter.asked.get("/b")]).toEqual([1, 1]);
});

test("a callback that comes before the adapter's own answer is used, at the standby too", async () => {
    const job = await lab.createJob(primary, bridgeJob(["a", "b"], { async: true }));
    const statuses: number[] = [];
    const early = (node: BatonNode, value: unknown) => ({
        body: { pending: true },
        first: async (document: any) => statuses.push((await deliver(node, document, value)).status),
    });
    adapter.reply("/a", early(primary, { result: 20 }));
    adapter.reply("/b", early(secondary, { result: 1 }));
    const done = await run(primary, job);
    expect(statuses).toEqual([200, 200]);
    expect(done.attributes.outputs).toEqual(["21"]);
});

test("a leader killed between suspension and callback, and between two callbacks: the next one goes on", async () => {
    const job = await lab.createJob(primary, bridgeJob(["a", "b"], { async: true }));
    for (const path of ["/a", "/b"]) adapter.reply(path, { body: { pending: true } });
    const started = await run(primary, job);
    const [a, b] = [adapter.documents.get("/a"), adapter.documents.get("/b")];
    const third = await lab.node("third");
    third.start();
    await third.reaches("standby");
    await primary.stop("SIGKILL");
    // Delivered during the takeover, to whoever is there.
    expect((await deliver(third, a, { result: 20 })).status).toBe(200);
    const [leader, other] = await eventually("somebody leads", async () => {
        const states = await Promise.all([secondary, third].map(async (node) => (await node.leadership()).state));
        const at = states.indexOf("leading");
        return at >= 0 && (at === 0 ? [secondary, third] : [third, secondary]);
    });
    await leader!.stop("SIGKILL");
    await other!.reaches("leading");
    expect((await deliver(other!, b, { result: 1 })).status).toBe(200);
    await completes(other!, started.id, ["21"]);
    expect([adapter.asked.get("/a"), adapter.asked.get("/b")]).toEqual([1, 1]);
});

test("a delivered number is a number", async () => {
    await primary.api.expect(200, "POST", "/v2/bridge_types", { name: "n", url: adapter.url("/n") });
    adapter.reply("/n", { body: { pending: true } });
    const job = await lab.createJob(primary, {
        externalJobId: "3a2b0c5e-4f64-4d5c-9d1e-6f2d8f9b7a10",
        toml: `type = "webhook"
schemaVersion = 1
externalJobID = "3a2b0c5e-4f64-4d5c-9d1e-6f2d8f9b7a10"
observationSource = """
ask [type=bridge name=n async=true]
double [type=multiply input="$(ask)" times=2]
ask -> double
"""`,
    });
    const started = await run(primary, job);
    expect((await deliver(primary, adapter.documents.get("/n"), 21)).status).toBe(200);
    await completes(primary, started.id, ["42"]);
});

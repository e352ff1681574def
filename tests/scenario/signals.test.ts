import { afterEach, expect, test } from "vitest";
import { Adapter } from "../lib/adapter";
import { eventually } from "../lib/eventually";
import { directRequestJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";

let lab: Lab;
let adapter: Adapter | undefined;
afterEach(async () => {
    await lab?.stop();
    await adapter?.stop();
    adapter = undefined;
});

/** A leader with a request that waits for an answer which takes a minute. */
async function busyLeader(grace: string): Promise<BatonNode> {
    adapter = await Adapter.start();
    adapter.reply("/slow", { body: { data: { result: 1 } }, delay: 60_000 });
    lab = await Lab.start();
    const node = await lab.node("busy", { env: { SHUTDOWN_GRACE_PERIOD: grace } });
    node.start();
    await node.reaches("leading");
    await lab.authorizeKeys(node);
    const job = await lab.createJob(node, directRequestJob({ operator: lab.contracts.operator, adapterUrl: adapter.url("/slow") }));
    await (await lab.contracts.requester(1)).send(job.externalJobId, { value: 1 });
    await eventually("the run asks", () => (adapter!.asked.get("/slow") ?? 0) > 0);
    return node;
}

test.each(["SIGINT", "SIGTERM"] as const)("%s: leader and standby end with 0, and nothing stays held", async (signal) => {
    lab = await Lab.start();
    const [primary, secondary] = await lab.pair();
    expect(await secondary.stop(signal)).toEqual({ code: 0, signal: null });
    expect(await primary.stop(signal)).toEqual({ code: 0, signal: null });
    expect(primary.log()).toContain(`Shutting down due to ${signal === "SIGINT" ? "interrupt" : "terminated"} signal received...`);
    expect(primary.log()).toContain("Graceful shutdown time: ");
    expect(await lab.database.value(`select count(*) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())`)).toBe(0);
    expect(await lab.database.value("select expires_at <= now() from lease_lock")).toBe(true);
    expect(await lab.database.value("select count(*) from baton.instances where state <> 'stopped'")).toBe(0);
});

test("work that does not end is given the grace period and no longer, and stays to be done", async () => {
    const node = await busyLeader("2s");
    const asked = Date.now();
    expect(await node.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    const took = Date.now() - asked;
    expect(took).toBeGreaterThan(1_500);
    expect(took).toBeLessThan(4_000);
    expect(await lab.database.value("select count(*) from log_broadcasts where not consumed")).toBe(1);
    expect(await lab.database.value("select count(*) from baton.requests")).toBe(0);
});

test("a second signal ends at once", async () => {
    const node = await busyLeader("30s");
    node.signal("SIGTERM");
    await node.logs("Shutting down due to terminated signal received...");
    const again = Date.now();
    expect(await node.stop("SIGINT")).toEqual({ code: 255, signal: null });
    expect(Date.now() - again).toBeLessThan(1_000);
});

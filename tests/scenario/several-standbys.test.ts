import { afterEach, expect, test } from "vitest";
import { eventually, pause } from "../lib/eventually";
import { webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";

let lab: Lab;
afterEach(() => lab?.stop());

const prompt = { within: 2_000 };

/** Starts the leader and then standbys, each of which stands in the queue before the next one starts. */
async function start(names: string[], env: Record<string, Record<string, string>> = {}): Promise<Record<string, BatonNode>> {
    const nodes: Record<string, BatonNode> = {};
    for (const [waiting, name] of names.entries()) {
        const node = (nodes[name] = await lab.node(name, { env: env[name] }));
        node.start();
        await node.reaches(waiting === 0 ? "leading" : "standby");
        await waitingFor(waiting);
    }
    const leader = nodes[names[0]!]!;
    await leader.command(["admin", "login", "-f", leader.apiFile]);
    return nodes;
}

const waitingFor = (count: number) =>
    eventually(`${count} instances wait for the watch lock`, async () =>
        (await lab.database.value<number>(
            `select count(*) from pg_locks where locktype = 'advisory' and not granted and objsubid = 2 and classid = 1112690767
             and database = (select oid from pg_database where datname = current_database())`,
        )) === count);

const whoLed = async () => (await lab.database.query("select instance from baton.leadership_log order by id")).map((row) => row.instance);

test("baton node handover --to: the named standby takes over, and no other", async () => {
    lab = await Lab.start();
    const { a, b, c, d } = await start(["a", "b", "c", "d"]);
    const handover = (to: string) => a!.command(["node", "handover", "--to", to]);

    const unknown = await handover("x");
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("Error; no instance is called x (waiting: b, c, d)")]);
    expect((await handover("a")).stderr).toContain("Error; a is the leader itself");
    d!.signal("SIGSTOP");
    await eventually("d has been silent for too long", async () =>
        await lab.database.value("select last_seen < now() - interval '5 seconds' from baton.instances where name = 'd'"));
    const frozen = await handover("d");
    expect([frozen.code, frozen.stderr]).toEqual([1, expect.stringContaining("d was last seen")]);
    d!.signal("SIGCONT");
    await eventually("d is back", async () =>
        await lab.database.value("select last_seen > now() - interval '3 seconds' from baton.instances where name = 'd'"));
    await waitingFor(3);
    expect(await whoLed(), "nothing changed").toEqual(["a"]);

    const done = await handover("d");
    expect(done, done.stderr).toMatchObject({ code: 0, stdout: "d leads.\n" });
    await d!.reaches("leading", prompt);
    expect(await whoLed()).toEqual(["a", "d"]);
    const webhook = await lab.createJob(d!, webhookJob());
    await d!.api.expect(200, "POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: 1 });
    for (const node of [a!, b!, c!]) await node.reaches("standby");
    await eventually("the same at a standby, which passes it on to the leader", async () =>
        (await a!.command(["node", "handover", "--to", "b"])).stdout === "b leads.\n");
    expect(await whoLed()).toEqual(["a", "d", "b"]);
});

test("of three standbys one takes over, the one with the highest HA_PRIORITY, and the others stay warm", async () => {
    lab = await Lab.start();
    const nodes = await start(["a", "b", "c", "d"], { c: { HA_PRIORITY: "5" }, b: { HA_PRIORITY: "-1" } });
    await eventually("the priorities are known", async () =>
        (await lab.database.value<number>("select count(*) from baton.candidates")) === 2);
    await nodes.a!.stop("SIGKILL");
    await nodes.c!.reaches("leading", prompt);
    await nodes.c!.stop("SIGKILL");
    await nodes.d!.reaches("leading", prompt);
    await nodes.d!.stop("SIGTERM");
    await nodes.b!.reaches("leading", prompt);
    expect(await whoLed()).toEqual(["a", "c", "d", "b"]);
    expect(nodes.b!.log()).not.toMatch(/sessions were ended|the takeover did not finish/);
});

test("standbys that wait ask the database little", async () => {
    lab = await Lab.start();
    const counted = () =>
        lab.database.value<number>("select (xact_commit + xact_rollback)::bigint from pg_stat_database where datname = current_database()");
    /** Transactions per second that the nodes make; those of the question itself are a few per minute. */
    const rate = async () => {
        const [before, seconds] = [await counted(), 8];
        await pause(seconds * 1_000);
        return ((await counted()) - before) / seconds;
    };
    await start(["a", "b"]);
    const withOne = await rate();
    const more = await Promise.all(["c", "d"].map((name) => lab.node(name)));
    for (const node of more) node.start();
    for (const node of more) await node.reaches("standby");
    await waitingFor(3);
    const perStandby = ((await rate()) - withOne) / more.length;
    console.log(`${perStandby.toFixed(1)} transactions per second and idle standby`);
    expect(perStandby).toBeGreaterThan(0);
    expect(perStandby).toBeLessThan(40);
});

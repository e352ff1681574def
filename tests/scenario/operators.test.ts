import { afterEach, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { webhookJob } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { freePort } from "../lib/ports";

let lab: Lab;
afterEach(() => lab?.stop());

interface Status {
    leader: { name: string } | null;
    instances: { name: string; state: string; priority: number; waitsFor: string; silentMilliseconds: number }[];
    locks: { name: string; holder: string; waiting: string[] }[];
    risks: string[];
}

async function status(node: BatonNode): Promise<Status> {
    const { code, stdout, stderr } = await node.command(["-j", "ha", "status"]);
    expect([code, stderr.replace(/^CLIENT_NODE_URL.*\n/, "")]).toEqual([0, ""]);
    return JSON.parse(stdout);
}

test.each<LockingMode>(["dual", "lease", "advisorylock", "none"])("%s: baton ha status tells who holds and waits for what, on any instance", async (mode) => {
    lab = await Lab.start({ mode });
    const [primary, secondary] = await lab.pair();
    for (const node of [primary, secondary]) await node.command(["admin", "login", "-f", node.apiFile]);
    const locks = ["watch", ...(mode === "dual" || mode === "lease" ? ["lease"] : []), ...(mode === "dual" || mode === "advisorylock" ? ["advisory"] : [])];
    for (const node of [primary, secondary]) {
        const seen = await eventually("the standby stands in the queue", async () => {
            const now = await status(node);
            return now.locks[0]!.waiting.length === 1 && now;
        });
        expect(seen.leader?.name).toBe("chainlink");
        expect(seen.locks.map(({ name, holder }) => `${name} ${holder}`)).toEqual(locks.map((name) => `${name} chainlink`));
        expect(seen.instances).toEqual([
            expect.objectContaining({ name: "chainlink", state: "leading", waitsFor: "" }),
            expect.objectContaining({ name: "secondary", state: "standby", waitsFor: "the watch lock, held by chainlink" }),
        ]);
        for (const instance of seen.instances) expect(instance.silentMilliseconds).toBeLessThan(5_000);
        expect(seen.risks).toEqual(mode === "none" ? [expect.stringContaining("a Chainlink v1.11.0 on this database is not excluded")] : []);
    }
    const table = await secondary.command(["ha", "status"]);
    expect(table.stdout).toMatch(/^chainlink leads since \S+, epoch 1\.\n╔ Instances\n/);

    await secondary.stop("SIGTERM");
    expect((await status(primary)).risks).toContain("nobody waits: if chainlink ends, nobody takes over");
});

test("baton ha status says where a frozen leader could not be noticed in time", async () => {
    lab = await Lab.start();
    await lab.database.query(`alter database ${lab.database.name} set track_activities = off`);
    const [primary] = await lab.pair();
    await primary.command(["admin", "login", "-f", primary.apiFile]);
    expect((await status(primary)).risks.join("\n")).toMatch(/holder of the watch lock, chainlink, is alive cannot be seen .* replaced after 10s, not after 2s/);
});

test("the timeline tells how long nobody led, and from when that counts", async () => {
    lab = await Lab.start();
    const [primary, secondary] = await lab.pair();
    await secondary.command(["admin", "login", "-f", secondary.apiFile]);
    const newest = (epoch: number) => eventually(`the gap before epoch ${epoch} is noted`, async () => {
        const answer = await secondary.api.get("/v2/leadership").catch(() => undefined);
        const { history } = answer?.data.attributes ?? { history: [] };
        return history[0]?.epoch === epoch && history[0].gapKnownBy !== null && history[0];
    });
    const waits = (name: string) => eventually(`${name} waits`, async () => (await status(secondary)).locks[0]!.waiting[0] === name);
    expect((await primary.leadership()).history[0]).toMatchObject({ epoch: 1, gapMicroseconds: null, gapKnownBy: null });

    await waits("secondary");
    await primary.stop("SIGTERM");
    expect(await newest(2)).toMatchObject({ reason: "handover", gapKnownBy: "release" });
    expect((await newest(2)).gapMicroseconds).toBeLessThan(1_000_000);

    primary.start();
    await primary.reaches("standby");
    await waits("chainlink");
    await secondary.stop("SIGKILL");
    await primary.reaches("leading");
    secondary.start();
    await secondary.reaches("standby");
    const killed = await newest(3);
    expect(killed).toMatchObject({ reason: "leader gone", gapKnownBy: "lock grant" });
    expect(killed.gapMicroseconds).toBeGreaterThanOrEqual(killed.tookMicroseconds);
    expect(killed.gapMicroseconds).toBeLessThan(1_000_000);

    await waits("secondary");
    primary.signal("SIGSTOP");
    const frozen = await newest(4);
    expect(frozen).toMatchObject({ reason: "leader frozen", gapKnownBy: "last heartbeat" });
    expect(frozen.gapMicroseconds).toBeGreaterThan(1_500_000);
    primary.signal("SIGCONT");

    const { stdout } = await secondary.command(["ha", "status"]);
    expect(stdout).toMatch(/^╔ Takeovers$/m);
    for (const text of [/ release /, /at least \d+\.\d ms .* lock grant /, / last heartbeat /]) expect(stdout).toMatch(text);
});

/** Two that are not started yet, and advertise addresses at which they can be reached. */
async function reachableNodes(): Promise<[BatonNode, BatonNode]> {
    const node = async (name: string) => {
        const port = await freePort();
        return lab.node(name, { port, env: { HA_ADVERTISE_URL: `http://127.0.0.1:${port}` } });
    };
    return [await node("one"), await node("two")];
}

test("baton ha drill hands over and back under load, and says what it cost", async () => {
    lab = await Lab.start();
    const [one, two] = await reachableNodes();
    one.start();
    await one.reaches("leading");
    await one.command(["admin", "login", "-f", one.apiFile]);
    const alone = await one.command(["ha", "drill"]);
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining("nobody waits for the leadership")]);

    two.start();
    await two.reaches("standby");
    const job = await lab.createJob(one, webhookJob());
    await eventually("the standby stands in the queue", async () => (await status(one)).locks[0]!.waiting.length === 1);
    const drill = await one.command(["ha", "drill", "--job", job.externalJobId]);
    expect(drill.code, drill.stdout + drill.stderr).toBe(0);
    expect(drill.stdout).toMatch(/^one -> two: \d+ ms without a leader\ntwo -> one: \d+ ms without a leader\n\d+ runs, 0 lost or done twice\nThe drill went well; one leads\.\n$/);
    const runs = Number(/(\d+) runs/.exec(drill.stdout)![1]);
    expect(runs).toBeGreaterThan(5);
    expect(await lab.database.value("select count(*) from pipeline_runs")).toBe(runs);
    expect((await one.leadership()).history.map((entry) => entry.instance)).toEqual(["one", "two", "one"]);
    console.log(drill.stdout);
    await eventually("the standby stands in the queue again", async () => (await status(one)).locks[0]!.waiting.length === 1);
    const strict = await one.command(["ha", "drill", "--limit", "-1"]);
    expect([strict.code, strict.stdout]).toEqual([2, expect.stringContaining("The drill did not go well")]);
});

test("baton ha drill --kill ends the leader's process once its name is confirmed, and tells what that cost", async () => {
    lab = await Lab.start();
    const [one, two] = await reachableNodes();
    one.start();
    await one.reaches("leading");
    two.start();
    await two.reaches("standby");
    await eventually("the standby stands in the queue", async () => ((await one.api.get("/v2/leadership")).data.attributes.locks[0].waiting.length === 1));
    const job = await lab.createJob(one, webhookJob());
    const drill = (...confirm: string[]) => two.command(["ha", "drill", "--job", job.externalJobId, "--kill", ...confirm]);
    await two.command(["admin", "login", "-f", two.apiFile]);
    const unconfirmed = await drill();
    expect([unconfirmed.code, unconfirmed.stderr]).toEqual([1, expect.stringContaining(`--kill ends the process of one (${one.api.url})`)]);
    const mistaken = await drill("--confirm", "two");
    expect([mistaken.code, mistaken.stderr]).toEqual([1, expect.stringContaining("two does not lead.")]);
    // At the API the standby is nobody to kill, and nobody passes it on.
    const { status: refused } = await two.api.call("POST", "/v2/leadership/kill", { name: "two" });
    expect([refused, one.alive, two.alive]).toEqual([409, true, true]);

    const killed = await drill("--confirm", "one");
    console.log(killed.stdout);
    expect(killed.code, killed.stdout + killed.stderr).toBe(0);
    expect(killed.stdout).toMatch(/^one was killed, two leads: \d+ ms without a leader\n\d+ runs, 0 lost or done twice\nThe drill went well; two leads\.\none does not run\. Start it again .*\n$/);
    expect(await one.ended()).toEqual({ code: null, signal: "SIGKILL" });
    expect(one.log()).toContain("this instance ends at once, with no clean-up");
    expect(await lab.database.value("select count(*) from pipeline_runs")).toBe(Number(/(\d+) runs/.exec(killed.stdout)![1]));
    expect((await two.leadership()).history.map(({ instance, reason }) => [instance, reason])).toEqual([["two", "leader gone"], ["one", "first start"]]);

    const alone = await drill("--confirm", "two");
    expect([alone.code, alone.stderr, two.alive]).toEqual([1, expect.stringContaining("nobody waits for the leadership"), true]);
    expect((await two.api.call("POST", "/v2/leadership/kill", { name: "two" })).status).toBe(409);
    one.start();
    await one.reaches("standby");
});

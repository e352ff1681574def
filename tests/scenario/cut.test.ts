import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Chain } from "../lib/chain";
import { Contracts } from "../lib/contracts";
import { eventually, pause } from "../lib/eventually";
import { type Job, webhookJob } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { type Direction, type Fault, Proxy } from "../lib/proxy";
import { Requests } from "../lib/requests";

/** HA_SUSPECT_AFTER of these tests, in milliseconds. */
const suspectAfter = 1_000;

let chain: Chain;
let contracts: Contracts;
beforeAll(async () => {
    chain = await Chain.start({ name: "cut", blockTime: 0.5 });
    contracts = await Contracts.deploy(chain);
});
afterAll(() => chain?.stop());

let lab: Lab;
const proxies: Proxy[] = [];
afterEach(async () => {
    await lab?.stop();
    for (const proxy of proxies.splice(0)) await proxy.stop();
});

async function relay(url: string): Promise<Proxy> {
    const proxy = await Proxy.at(url);
    proxies.push(proxy);
    return proxy;
}

interface World {
    primary: BatonNode;
    secondary: BatonNode;
    /** Between the instance of the same name and the database, the chain. */
    toDatabase: { primary: Proxy; secondary: Proxy };
    toChain: { primary: Proxy; secondary: Proxy };
    webhook: Job;
    requests: Requests;
}

/** Two instances, each with a network of its own to the database and to the chain. */
async function start(mode: LockingMode): Promise<World> {
    lab = await Lab.start({
        mode, chain, contracts,
        env: { HA_SUSPECT_AFTER: `${suspectAfter}ms`, LEASE_LOCK_DURATION: "3s", DATABASE_DEFAULT_QUERY_TIMEOUT: "3s" },
    });
    const toDatabase = { primary: await relay(lab.database.url), secondary: await relay(lab.database.url) };
    const toChain = { primary: await relay(chain.httpUrl), secondary: await relay(chain.httpUrl) };
    const node = (name: string, which: "primary" | "secondary") => lab.node(name, {
        env: {
            DATABASE_URL: toDatabase[which].url(lab.database.url),
            ETH_URL: toChain[which].url(chain.wsUrl),
            ETH_HTTP_URL: toChain[which].url(chain.httpUrl),
        },
    });
    const primary = await node("chainlink", "primary");
    const secondary = await node("secondary", "secondary");
    primary.start();
    await primary.reaches("leading");
    secondary.start();
    await secondary.reaches("standby");
    const webhook = await lab.createJob(primary, webhookJob());
    const requests = await Requests.begin(lab, primary);
    await requests.ask(3);
    await lab.answered(requests.sent);
    return { primary, secondary, toDatabase, toChain, webhook, requests };
}

interface Cut {
    mode: LockingMode;
    fault: Fault;
    direction?: Direction;
}

test.each<Cut>([
    { mode: "dual", fault: "hold" },
    { mode: "lease", fault: "drop" },
    { mode: "advisorylock", fault: "hold", direction: "to server" },
    { mode: "none", fault: "drop", direction: "to client" },
])("$mode: a leader that is cut off from the database ($fault, $direction) is replaced, and stands by afterwards", async ({ mode, fault, direction }) => {
    const world = await start(mode);
    const { primary, secondary } = world;
    const cut = Date.now();
    world.toDatabase.primary.fault(fault, direction);
    await world.requests.ask(3);
    await secondary.reaches("leading", { within: suspectAfter + 1_500 });
    const took = Date.now() - cut;
    // The last sign of life may have been some time ago when the network went.
    expect(took).toBeGreaterThan(suspectAfter / 2);
    console.log(`${mode}: the standby led ${took} ms after the cut`);
    await lab.answered(world.requests.sent);
    expect((await secondary.leadership()).history[0]).toMatchObject({ instance: "secondary", from: "chainlink", reason: "leader frozen" });

    // It lives and its way to the chain is free: what it began earlier it may send again, and nothing else.
    expect(primary.alive).toBe(true);
    await world.requests.ask(2);
    world.toDatabase.primary.heal();
    await primary.reaches("standby");
    await world.requests.ask(2);
    expect(await world.requests.faults()).toEqual([]);
    expect(await lab.leader()).toBe("secondary");
    expect((await secondary.leadership()).history.length).toBe(2);

    // And it is of use again.
    await secondary.stop("SIGKILL");
    await primary.reaches("leading", { within: 5_000 });
    await world.requests.ask(1);
    expect(await world.requests.faults()).toEqual([]);
});

test("a leader whose database is silent lets its callers go, and a repeat finds the run that they waited for", async () => {
    const world = await start("dual");
    const { primary, webhook } = world;
    await world.secondary.stop("SIGKILL");
    const run = () => primary.api.call("POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: 1 }, { "Idempotency-Key": "order-1" });
    await primary.api.get("/v2/ping");
    world.toDatabase.primary.fault("hold");
    const cut = Date.now();
    const answers = await Promise.all([run(), primary.api.call("POST", "/v2/jobs", { toml: webhookJob().toml }), primary.api.call("GET", "/v2/leadership")]);
    expect(Date.now() - cut).toBeLessThan(4 * suspectAfter);
    for (const { status, headers } of answers) expect([status, headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(answers[0]!.headers.get("Idempotency-Key")).toBe("order-1");

    const again = Date.now();
    expect((await run()).status).toBe(503);
    expect(Date.now() - again).toBeLessThan(4 * suspectAfter);
    world.toDatabase.primary.heal();
    await eventually("the run is there", async () => (await run()).status === 200);
    expect(await lab.database.value("select count(*) from pipeline_runs r join jobs j using (pipeline_spec_id) where j.type = 'webhook'")).toBe(1);
    expect(await world.requests.faults()).toEqual([]);
});

test("connections that are cut without a word cost the leader at most its epoch", async () => {
    const world = await start("dual");
    for (let round = 0; round < 3; ++round) {
        world.toDatabase.primary.cut();
        await world.requests.ask(1);
        await eventually("one leads and the other one stands by", async () => {
            const states = await Promise.all([world.primary, world.secondary].map(async (node) => (await node.leadership()).state));
            return states.sort().join() === "leading,standby";
        });
        world.toDatabase.secondary.cut();
        await world.requests.ask(1);
    }
    expect(await world.requests.faults()).toEqual([]);
    expect([world.primary.alive, world.secondary.alive]).toEqual([true, true]);
});

test.each<Cut>([
    { mode: "dual", fault: "hold" },
    { mode: "dual", fault: "drop" },
])("$mode: a leader without the chain ($fault) goes on leading, and answers later what it was asked meanwhile", async ({ mode, fault }) => {
    const world = await start(mode);
    const before = await world.primary.leadership();
    world.toChain.primary.fault(fault);
    await world.requests.ask(3);
    await pause(3 * suspectAfter);
    const { status } = await world.primary.api.call("POST", `/v2/jobs/${world.webhook.externalJobId}/runs`, { value: 1 });
    expect(status).toBe(200);
    world.toChain.primary.heal();
    await world.requests.ask(1);
    expect(await world.requests.faults()).toEqual([]);
    expect((await world.primary.leadership()).history).toEqual(before.history);
});

test.each<Cut>([
    { mode: "dual", fault: "hold" },
    { mode: "advisorylock", fault: "drop" },
])("$mode: a standby that is cut off ($fault) disturbs nobody, and takes over when it is needed afterwards", async ({ mode, fault }) => {
    const world = await start(mode);
    const before = await world.primary.leadership();
    world.toDatabase.secondary.fault(fault);
    await world.requests.ask(2);
    await pause(3 * suspectAfter);
    await lab.answered(world.requests.sent);
    expect((await world.primary.leadership()).history).toEqual(before.history);
    world.toDatabase.secondary.heal();
    await world.secondary.reaches("standby");
    await world.primary.stop("SIGKILL");
    // A session of its own that the server does not know to be dead may have got the lock: it ends by the server's idle limit.
    await world.secondary.reaches("leading", { within: 15_000 });
    await world.requests.ask(1);
    expect(await world.requests.faults()).toEqual([]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Address } from "viem";
import type { SentRequest } from "../lib/contracts";
import { eventually, pause } from "../lib/eventually";
import { type Job, directRequestJob, webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { findFaults, findNonceFaults } from "../lib/ledger";
import type { BatonNode } from "../lib/node";
import { type Database, PostgresServer, nodeRole } from "../lib/postgres";
import { Proxy } from "../lib/proxy";

const smallDisks = PostgresServer.smallDisks();
let server: PostgresServer;
let database: Database;
let lab: Lab;
let nodes: BatonNode[];
let sender: Address;
let job: Job;
let webhook: Job;
const requests: SentRequest[] = [];

beforeAll(async () => {
    server = await PostgresServer.start(smallDisks ? { fast: true, disk: 400 } : { fast: true });
    database = await server.createDatabase();
    lab = await Lab.start({ database, env: { HA_SUSPECT_AFTER: "1s" } });
    nodes = await lab.pair();
    sender = await lab.authorizeKeys(nodes[0]!);
    job = await lab.createJob(nodes[0]!, directRequestJob({ operator: lab.contracts.operator }));
    webhook = await lab.createJob(nodes[0]!, webhookJob());
});
afterAll(async () => {
    await lab?.stop();
    await database?.drop();
    server?.stop();
});

async function ask(count: number): Promise<void> {
    const requester = await lab.contracts.requester(1);
    for (let i = 0; i < count; ++i) requests.push(await requester.send(job.externalJobId, { value: requests.length }));
}

/** The instance that leads, once one does and the other one stands by. */
async function leader(within = 20_000): Promise<BatonNode> {
    return eventually("one leads, and the other one stands by", async () => {
        const states = await Promise.all(nodes.map(async (node) => (await node.leadership()).state));
        if ([...states].sort().join() !== "leading,standby") throw new Error(states.join());
        return nodes[states.indexOf("leading")];
    }, { within });
}

/** Whatever happens to the database between the two calls of ask(): nobody exits, somebody leads, nothing is lost, nothing done twice. */
async function survives(trouble: () => Promise<void>): Promise<void> {
    const pids = nodes.map((node) => node.pid);
    await leader();
    await ask(5);
    await trouble();
    const over = Date.now();
    await ask(3);
    const leads = await leader();
    console.log(`one leads ${Date.now() - over} ms after the trouble`);
    await eventually("the leader takes work", async () =>
        (await leads.api.call("POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: 1 })).status === 200);
    await lab.answered(requests);
    await lab.settled();
    expect(await findFaults(lab.contracts, database, requests.map((request) => request.requestId))).toEqual([]);
    expect(await findNonceFaults(lab.contracts, database, sender)).toEqual([]);
    expect(nodes.map((node) => [node.alive, node.pid])).toEqual(pids.map((pid) => [true, pid]));
}

const sessionsOfNodes = `select pid from pg_stat_activity where usename = '${nodeRole.name}'`;

test("a restart", () => survives(async () => {
    await server.down("fast");
    await server.up();
}));

test("a crash", () => survives(async () => {
    await server.crash();
    await server.up();
}));

test("30 s of outage", () => survives(async () => {
    await server.down("immediate");
    await ask(2);
    for (const node of nodes) {
        // The leader learns it by its next heartbeat.
        await eventually(`${node.name} does not lead`, async () => (await node.api.call("GET", "/leader")).status === 503);
        for (const path of ["/v2/leadership", "/v2/jobs", "/v2/pipeline/runs"]) {
            const answer = await node.api.call("GET", path);
            expect([path, answer.status, answer.headers.get("Retry-After")]).toEqual([path, 503, "1"]);
            expect(answer.body.errors[0].detail).toContain("the database cannot be used at the moment");
        }
        const write = await node.api.call("POST", "/v2/jobs", { toml: "" });
        expect([write.status, write.headers.get("Retry-After")]).toEqual([503, "1"]);
        expect((await node.api.call("GET", "/health")).status).toBe(200);
    }
    await pause(30_000);
    await server.up();
}));

test("a switch to read-only and back", () => survives(async () => {
    await server.set("default_transaction_read_only", "on");
    await ask(2);
    await pause(3_000);
    await server.set("default_transaction_read_only");
}));

test("the connection limit is reached while every session is lost", () => survives(async () => {
    await database.query(`alter role ${nodeRole.name} connection limit 2`);
    await database.query(`select pg_terminate_backend(pid) from (${sessionsOfNodes}) s`);
    await ask(2);
    await pause(3_000);
    await database.query(`alter role ${nodeRole.name} connection limit -1`);
}));

test.skipIf(!smallDisks)("a full disk (needs the right to mount one)", () => survives(async () => {
    server.fillDisk();
    // The write-ahead log needs its next file, which ends the whole server.
    await database.query("select pg_switch_wal()").catch(() => {});
    await ask(2);
    await pause(3_000);
    server.emptyDisk();
    await eventually("the server answers", async () => (await server.answers()) || (await server.up().then(() => true)));
}));

test("an administrator ends the leader's lock sessions", () => survives(async () => {
    const ended = await database.query(`select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and granted and mode = 'ExclusiveLock' and pid in (${sessionsOfNodes})`);
    expect(ended.length).toBeGreaterThanOrEqual(2);
}));

test("an administrator ends every session, again and again", () => survives(async () => {
    for (let round = 0; round < 10; ++round) {
        await database.query(`select pg_terminate_backend(pid) from (${sessionsOfNodes}) s`);
        await pause(150);
    }
}));

test("a server that accepts connections and then is silent is waited for, by an instance that starts too", async () => {
    const proxy = await Proxy.at(database.url);
    const third = await lab.node("third", { env: { DATABASE_URL: proxy.url(database.url) } });
    try {
        proxy.fault("hold", "to client");
        third.start();
        await third.listens();
        await pause(2_000);
        expect(third.alive).toBe(true);
        proxy.heal();
        await third.reaches("standby");
        proxy.fault("drop", "to client");
        await pause(2_000);
        proxy.heal();
        await leader();
        await third.reaches("standby");
        expect((await third.stop()).code).toBe(0);
    } finally {
        await proxy.stop();
    }
});

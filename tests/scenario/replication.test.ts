import { afterEach, expect, test } from "vitest";
import type { Address } from "viem";
import type { SentRequest } from "../lib/contracts";
import { eventually, pause } from "../lib/eventually";
import { type Job, directRequestJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { findFaults, findNonceFaults } from "../lib/ledger";
import type { BatonNode } from "../lib/node";
import { type Database, PostgresServer } from "../lib/postgres";
import { Proxy } from "../lib/proxy";

let primaryServer: PostgresServer;
let replicaServer: PostgresServer;
let proxy: Proxy;
let lab: Lab;
let copy: Database;
let nodes: BatonNode[];
let sender: Address;
let job: Job;
let requests: SentRequest[];

/** A primary with a replica that follows it through a relay, and two instances whose URL names both servers. */
async function start(): Promise<void> {
    primaryServer = await PostgresServer.start({ fast: true });
    const database = await primaryServer.createDatabase();
    proxy = await Proxy.start(primaryServer.port);
    replicaServer = await primaryServer.replica(proxy.port);
    copy = replicaServer.database(database.name);
    const { username, password, pathname } = new URL(database.url);
    const hosts = `127.0.0.1:${primaryServer.port},127.0.0.1:${replicaServer.port}`;
    const url = `postgresql://${username}:${password}@${hosts}${pathname}?sslmode=disable&target_session_attrs=read-write`;
    lab = await Lab.start({ database, env: { DATABASE_URL: url, HA_SUSPECT_AFTER: "1s" } });
    nodes = await lab.pair();
    sender = await lab.authorizeKeys(nodes[0]!);
    job = await lab.createJob(nodes[0]!, directRequestJob({ operator: lab.contracts.operator }));
    requests = [];
}
afterEach(async () => {
    await lab?.stop();
    await proxy?.stop();
    await copy?.close();
    await lab?.database.close();
    replicaServer?.stop();
    primaryServer?.stop();
});

async function ask(count: number): Promise<void> {
    const requester = await lab.contracts.requester(1);
    for (let i = 0; i < count; ++i) requests.push(await requester.send(job.externalJobId, { value: requests.length }));
}

async function oneLeads(): Promise<BatonNode> {
    return eventually("one leads, and the other one stands by", async () => {
        const states = await Promise.all(nodes.map(async (node) => (await node.leadership()).state));
        if ([...states].sort().join() !== "leading,standby") throw new Error(states.join());
        return nodes[states.indexOf("leading")];
    });
}

async function settled(): Promise<void> {
    await eventually("every run and every transaction is finished", async () => {
        const open = await copy.query(`select 'run' as what, id from pipeline_runs where state in ('running', 'suspended')
            union all select 'transaction', id from eth_txes where state not in ('confirmed', 'fatal_error')`);
        if (open.length) throw new Error(JSON.stringify(open));
        return true;
    }, { every: 100 });
}

const ids = () => requests.map((request) => request.requestId);

test("a replica that commits with the primary is promoted under load: nobody exits, nothing is lost", async () => {
    await start();
    await primaryServer.set("synchronous_standby_names", "*");
    const pids = nodes.map((node) => node.pid);
    await ask(10);
    await primaryServer.crash();
    await ask(5);
    const promoted = Date.now();
    await replicaServer.promote();
    const leader = await oneLeads();
    console.log(`one leads ${Date.now() - promoted} ms after the promotion began`);
    await ask(5);
    await lab.answered(requests);
    await settled();
    expect(await findFaults(lab.contracts, copy, ids())).toEqual([]);
    expect(await findNonceFaults(lab.contracts, copy, sender)).toEqual([]);
    expect(nodes.map((node) => [node.alive, node.pid])).toEqual(pids.map((pid) => [true, pid]));
    expect(leader.log()).toContain("the database has another history now");
});

test("a replica that lags behind is promoted: what the database lost is found on the chain, and nothing is answered twice", async () => {
    await start();
    await ask(5);
    await lab.answered(requests);
    await lab.settled();
    // From here on the primary commits alone.
    proxy.fault("hold");
    await ask(5);
    await lab.answered(requests);
    await primaryServer.crash();
    proxy.cut();
    await pause(500);
    await replicaServer.promote();
    await oneLeads();
    await ask(5);
    await lab.answered(requests);
    await settled();
    expect(await findFaults(lab.contracts, copy, ids())).toEqual([]);
    expect(await findNonceFaults(lab.contracts, copy, sender)).toEqual([]);
});

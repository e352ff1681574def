/**
 * Two instances on a PostgreSQL cluster under Patroni (deploy/patroni): the primary is killed, loses its machine, and is switched over, under load. What was
 * lost, what was done twice, and for how long was nobody answered?
 *
 *   bench/patroni [--rounds 2]
 *
 * Needs Debian's packages patroni and etcd-server. Ends with 1 when anything was lost or done twice.
 */
import { Chain } from "../lib/chain";
import { Contracts } from "../lib/contracts";
import { eventually, pause } from "../lib/eventually";
import { webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { PatroniCluster } from "../lib/patroni";
import { Requests } from "../lib/requests";
import { findCallFaults, findEpochFaults } from "../scenario/torture/checker";
import { ChainLoad, WebhookLoad } from "../scenario/torture/load";
import { option } from "./subject";

const rounds = Number(option("rounds", "2"));

interface Event {
    name: string;
    strike: (cluster: PatroniCluster) => Promise<void> | void;
}

const events: Event[] = [
    { name: "primary's server killed", strike: (cluster) => cluster.killPrimary() },
    { name: "primary's server and Patroni killed", strike: (cluster) => cluster.killPrimaryMachine() },
    { name: "patronictl switchover", strike: (cluster) => cluster.switchover() },
];

async function oneLeads(nodes: BatonNode[]): Promise<void> {
    await eventually("one leads and the other one stands by", async () => {
        const states = await Promise.all(nodes.map(async (node) => (await node.leadership()).state));
        if (states.sort().join() !== "leading,standby") throw new Error(states.join());
        return true;
    }, { within: 60_000, every: 200 });
}

/** The longest time without an answer to anybody that ended after `since`. */
function longestGap(answers: number[], since: number): number {
    const sorted = [...answers].sort((a, b) => a - b);
    return Math.max(...sorted.slice(1).map((at, i) => (at >= since ? at - sorted[i]! : 0)));
}

async function strikeOnce({ name, strike }: Event, cluster: PatroniCluster, nodes: BatonNode[], calls: WebhookLoad): Promise<void> {
    // Some load before, and some after, so that the gap has two ends.
    await pause(3_000);
    const since = Date.now();
    const moved = cluster.untilMoved();
    await strike(cluster);
    const primary = await moved;
    await oneLeads(nodes);
    await pause(3_000);
    const gap = longestGap(calls.calls.flatMap(({ answeredAt }) => answeredAt ?? []), since);
    console.log(`${name}: new primary after ${primary} ms, nobody was answered for ${gap} ms`);
    await cluster.repair();
}

async function measure(cluster: PatroniCluster, lab: Lab): Promise<{ faults: string[]; oddities: string[]; load: string }> {
    const nodes = await lab.pair();
    const requests = await Requests.begin(lab, nodes[0]);
    const webhook = await lab.createJob(nodes[0], webhookJob());
    const onChain = new ChainLoad(requests.requester, requests.job, 4);
    const calls = new WebhookLoad(nodes, webhook, 3);
    onChain.start();
    calls.start();
    try {
        for (let round = 0; round < rounds; ++round) for (const event of events) await strikeOnce(event, cluster, nodes, calls);
    } catch (error) {
        calls.giveUp();
        throw error;
    } finally {
        await onChain.stop();
    }
    await calls.stop();
    requests.sent.push(...onChain.sent);
    const faults = [
        ...(await requests.faults()), ...(await findCallFaults(lab.database, webhook, calls.calls)), ...(await findEpochFaults(lab.database)),
    ];
    return { faults, oddities: calls.oddities, load: `${onChain.sent.length} requests on chain, ${calls.calls.length} calls` };
}

async function main(): Promise<number> {
    const cluster = await PatroniCluster.start();
    let lab: Lab | undefined;
    let chain: Chain | undefined;
    try {
        chain = await Chain.start({ name: "patroni", blockTime: 0.5 });
        const database = await cluster.createDatabase("baton");
        lab = await Lab.start({ chain, contracts: await Contracts.deploy(chain), database, env: { DATABASE_URL: cluster.url("baton"), LOG_LEVEL: "info" } });
        const { faults, oddities, load } = await measure(cluster, lab);
        console.log(`${load}; ${faults.length} lost or done twice, ${oddities.length} answers that nobody foresees`);
        for (const line of [...faults, ...oddities.slice(0, 20)]) console.log(`WRONG: ${line}`);
        return faults.length + oddities.length ? 1 : 0;
    } finally {
        await lab?.stop();
        await lab?.database.close();
        await chain?.stop();
        await cluster.stop();
    }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
process.exit(await main());

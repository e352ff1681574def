import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { Address } from "viem";
import { Adapter } from "../lib/adapter";
import type { SentRequest } from "../lib/contracts";
import { pause } from "../lib/eventually";
import { type Job, directRequestJob } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import { findFaults, findNonceFaults } from "../lib/ledger";
import type { BatonNode } from "../lib/node";
import { Random, testSeed } from "../lib/random";

interface Storm {
    requests: number;
    /** Requests per second. */
    rate: number;
    stops: number;
    signal: "SIGKILL" | "SIGTERM";
}

let lab: Lab | undefined;
let adapter: Adapter | undefined;

afterEach(async () => {
    await lab?.stop();
    await adapter?.stop();
    lab = adapter = undefined;
});

/** Sends requests at a steady rate. */
async function ask(job: Job, storm: Storm): Promise<SentRequest[]> {
    const requester = await lab!.contracts.requester(1);
    const sent: SentRequest[] = [];
    const start = Date.now();
    while (sent.length < storm.requests) {
        sent.push(await requester.send(job.externalJobId, { value: sent.length }));
        await pause(Math.max(0, start + (sent.length * 1000) / storm.rate - Date.now()));
    }
    return sent;
}

/** Had the process begun to log since it was started last? */
function wasListening(node: BatonNode): boolean {
    const log = readFileSync(node.logFile, "utf8");
    return log.slice(log.lastIndexOf(" start: ")).includes("Starting Chainlink Node");
}

/**
 * Stops one of the two at random instants, four times in five the leader, and starts it again soon after; the next stop
 * may find it still starting.
 */
async function disturb(nodes: BatonNode[], storm: Storm, random: Random): Promise<void> {
    const duration = (storm.requests / storm.rate) * 1000;
    const instants = Array.from({ length: storm.stops }, () => random.between(0.05, 0.95) * duration).sort((a, b) => a - b);
    const start = Date.now();
    for (const instant of instants) {
        const wantLeader = random.next() < 0.8;
        const rest = random.between(0, 300);
        await pause(Math.max(0, start + instant - Date.now()));
        const leader = await lab!.leader();
        const victim = nodes.find((node) => (node.name === leader) === wantLeader) ?? nodes[0]!;
        const exit = await victim.stop(storm.signal);
        // Not by another cause than ours, before or after. A program that is still being loaded cannot catch SIGTERM.
        const orderly = storm.signal === "SIGTERM" && wasListening(victim);
        expect(exit, `${victim.name}, see ${victim.logFile}`).toEqual(
            orderly ? { code: expect.any(Number), signal: null } : expect.objectContaining({ signal: expect.toBeOneOf([storm.signal, null]) }),
        );
        await pause(rest);
        victim.start();
    }
}

async function survives(mode: LockingMode, storm: Storm, name: string, adapterUrl?: string): Promise<void> {
    const random = new Random(testSeed(name));
    lab = await Lab.start({ mode });
    const nodes = await lab.pair();
    const sender: Address = await lab.authorizeKeys(nodes[0]);
    const job = await lab.createJob(nodes[0], directRequestJob({ operator: lab.contracts.operator, adapterUrl }));

    const [requests] = await Promise.all([ask(job, storm), disturb(nodes, storm, random)]);
    await lab.answered(requests, { within: 60_000 });
    await lab.settled({ within: 60_000 });

    const ids = requests.map((request) => request.requestId);
    expect(await findFaults(lab.contracts, lab.database, ids)).toEqual([]);
    expect(await findNonceFaults(lab.contracts, lab.database, sender)).toEqual([]);
}

test("300 requests, 12 times SIGKILL at random instants: each answered exactly once", () =>
    survives("dual", { requests: 300, rate: 12, stops: 12, signal: "SIGKILL" }, "SIGKILL"));

test("300 requests, 12 times SIGTERM at random instants: each answered exactly once", () =>
    survives("lease", { requests: 300, rate: 12, stops: 12, signal: "SIGTERM" }, "SIGTERM"));

test.each(["SIGTERM", "SIGKILL"] as const)("%s while 60 requests wait behind a slow adapter: each answered exactly once", async (signal) => {
    adapter = await Adapter.start();
    adapter.reply("/slow", { body: { data: { result: 7 } }, delay: 400 });
    await survives("advisorylock", { requests: 60, rate: 30, stops: 4, signal }, `slow adapter, ${signal}`, adapter.url("/slow"));
});

/**
 * How long nobody leads: from SIGKILL (or SIGTERM) of the leader to the standby's first committed write and to its first answered
 * webhook run.
 *
 *   bench/takeover [--rounds 200] [--signal SIGKILL] [--mode dual] [--peer PATH [--peer-rounds 5]]
 *
 * Baton's first write is the epoch of the takeover. A peer has none: there it is the lock's change of hands, which comes
 * before any write and so flatters the peer.
 */
import pg from "pg";
import { Chain } from "../lib/chain";
import { Contracts } from "../lib/contracts";
import { eventually, pause } from "../lib/eventually";
import type { LockingMode } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { PostgresServer } from "../lib/postgres";
import { type Subject, createJobOnceLeading, fiveTaskJob, labOf, option, printTable, quantile, subjects } from "./subject";

interface Gap {
    write: number;
    run: number;
}

const signal = option("signal", "SIGKILL") as "SIGKILL" | "SIGTERM";
const mode = option("mode", "dual") as LockingMode;

/** Text that changes with the leader's first write. */
function leaderQuery(subject: Subject): string {
    if (subject.hasEpoch) return "select epoch::text as leader from baton.leadership";
    if (mode === "advisorylock") return "select string_agg(pid::text, ',') as leader from pg_locks where locktype = 'advisory' and objsubid = 1 and granted";
    return "select client_id::text as leader from lease_lock";
}

/**
 * Milliseconds until `look` gives true. Asked every two milliseconds: asked without a pause, the questions would take the two cores
 * away from what is measured.
 */
async function until(start: number, look: () => Promise<boolean>): Promise<number> {
    while (performance.now() - start < 60_000) {
        if (await look().catch(() => false)) return performance.now() - start;
        await pause(2);
    }
    throw new Error("nobody took over within 60 s");
}

async function oneRound(subject: Subject, leader: BatonNode, standby: BatonNode, webhook: string, database: pg.Client): Promise<Gap> {
    const leads = async () => (await database.query(leaderQuery(subject))).rows[0]?.leader as string | null | undefined;
    const before = await leads();
    const start = performance.now();
    leader.signal(signal);
    const [write, run] = await Promise.all([
        until(start, async () => {
            const now = await leads();
            return now != null && now !== before;
        }),
        until(start, async () => (await standby.api.call("POST", `/v2/jobs/${webhook}/runs`, { value: 1 })).status === 200),
    ]);
    await leader.stop(signal);
    return { write, run };
}

/** Both wait for the lock in these words, on the console. */
const waits = /Another application (is currently holding the database lease|holds the advisory lock)/;

async function startAsStandby(node: BatonNode): Promise<void> {
    const before = node.log().length;
    node.start();
    await eventually(`${node.name} waits for the lock (log: ${node.logFile})`, () => waits.test(node.log().slice(before)), { every: 20 });
    // A standby that has just begun to wait is not what operators have; what it warms up in the meantime is not what is measured.
    await pause(500);
}

async function measure(subject: Subject, rounds: number, server: PostgresServer, chain: Chain, contracts: Contracts): Promise<Gap[]> {
    const lab = await labOf(subject, server, chain, contracts, mode);
    const database = new pg.Client({ connectionString: lab.database.url });
    await database.connect();
    const gaps: Gap[] = [];
    try {
        let leader = await lab.node("chainlink");
        // One volume for both, as operators have it: a login is valid on both.
        let standby = await lab.node("secondary", { root: leader.root });
        leader.start();
        const job = await createJobOnceLeading(lab, leader, fiveTaskJob());
        await startAsStandby(standby);
        while (gaps.length < rounds) {
            gaps.push(await oneRound(subject, leader, standby, job.externalJobId, database));
            [leader, standby] = [standby, leader];
            await startAsStandby(standby);
        }
    } finally {
        await database.end();
        await lab.stop();
        await lab.database.drop();
    }
    return gaps;
}

const server = await PostgresServer.start();
const chain = await Chain.start({ name: "bench", blockTime: 1 });
try {
    const contracts = await Contracts.deploy(chain);
    const measured = subjects();
    const gaps: Gap[][] = [];
    for (const subject of measured) {
        const rounds = Number(subject.hasEpoch ? option("rounds", "200") : option("peer-rounds", "5"));
        console.log(`${subject.name}: ${rounds} rounds of ${signal}, locking mode ${mode}`);
        gaps.push(await measure(subject, rounds, server, chain, contracts));
    }
    for (const [what, key] of [["first committed write", "write"], ["first answered webhook run", "run"]] as const) {
        console.log(`\nMilliseconds to the ${what}`);
        printTable(measured, [["p50", 0.5], ["p95", 0.95], ["p99", 0.99], ["maximum", 1]].map(([name, q]) => ({
            name: name as string,
            values: gaps.map((list) => quantile(list.map((gap) => gap[key]), q as number)),
        })));
    }
} finally {
    await chain.stop();
    server.stop();
}

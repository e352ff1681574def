/**
 * How long nobody leads: from SIGKILL (or SIGTERM) of the leader to the standby's first committed write and to its first answered
 * webhook run. Prints p50, p95, p99 and the maximum. Another binary with the same commands: BATON_BINARY=/path/to/it.
 *
 *   bench/takeover [--rounds 50] [--signal SIGKILL] [--mode dual]
 */
import pg from "pg";
import { pause } from "../lib/eventually";
import { webhookJob } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { PostgresServer } from "../lib/postgres";

interface Options {
    rounds: number;
    signal: "SIGKILL" | "SIGTERM";
    mode: LockingMode;
}
interface Round {
    write: number;
    run: number;
}

function option(name: string, fallback: string): string {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? fallback : process.argv[at + 1]!;
}

/** Milliseconds until `look` gives true, asked again as fast as it answers. */
async function until(start: number, look: () => Promise<boolean>): Promise<number> {
    while (performance.now() - start < 60_000) {
        if (await look().catch(() => false)) return performance.now() - start;
        await pause(0);
    }
    throw new Error("nobody took over within 60 s");
}

async function oneRound(leader: BatonNode, standby: BatonNode, webhook: string, database: pg.Client, signal: Options["signal"]) {
    const epoch = async () => Number((await database.query("select epoch from baton.leadership")).rows[0].epoch);
    const before = await epoch();
    const start = performance.now();
    leader.signal(signal);
    const [write, run] = await Promise.all([
        until(start, async () => (await epoch()) > before),
        until(start, async () => (await standby.api.call("POST", `/v2/jobs/${webhook}/runs`, { value: 1 })).status === 200),
    ]);
    await leader.stop(signal).catch(() => undefined);
    return { write, run };
}

async function measure(options: Options): Promise<Round[]> {
    const lab = await Lab.start({ mode: options.mode });
    const rounds: Round[] = [];
    const database = new pg.Client({ connectionString: lab.database.url });
    await database.connect();
    try {
        let [leader, standby] = await lab.pair();
        const job = await lab.createJob(leader, webhookJob());
        for (let i = 0; i < options.rounds; ++i) {
            rounds.push(await oneRound(leader, standby, job.externalJobId, database, options.signal));
            [leader, standby] = [standby, leader];
            standby.start();
            await standby.reaches("standby");
        }
    } finally {
        await database.end();
        await lab.stop();
    }
    return rounds;
}

function quantile(values: number[], q: number): number {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

function print(title: string, values: number[]): void {
    const [p50, p95, p99, most] = [0.5, 0.95, 0.99, 1].map((q) => quantile(values, q).toFixed(1));
    console.log(`${title.padEnd(34)} p50 ${p50} ms   p95 ${p95} ms   p99 ${p99} ms   max ${most} ms`);
}

const options: Options = {
    rounds: Number(option("rounds", "50")),
    signal: option("signal", "SIGKILL") as Options["signal"],
    mode: option("mode", "dual") as LockingMode,
};
const server = process.env.BATON_TEST_DATABASE_URL ? undefined : await PostgresServer.start();
if (server) process.env.BATON_TEST_DATABASE_URL = server.url;
try {
    const rounds = await measure(options);
    console.log(`${options.rounds} rounds of ${options.signal}, locking mode ${options.mode}`);
    print("to the first committed write", rounds.map((round) => round.write));
    print("to the first answered webhook run", rounds.map((round) => round.run));
} finally {
    await server?.stop();
}

/**
 * How long nobody leads, for every row of G4 (docs/guarantees.md): from the event to the standby's first committed write and to its
 * first answered webhook run.
 *
 *   bench/takeover [--rounds 30] [--rows "killed dual,frozen,..."] [--rest 8500] [--peer PATH [--peer-rounds 5]]
 *
 * Baton's first write is the epoch of the takeover. A peer has none: there it is the lock's change of hands, which comes
 * before any write and so flatters the peer. It is measured in the rows where it takes over within a minute.
 * The v1.11.0 of the last rows is tests/peer/v1, or the real one that BATON_V1 names.
 */
import { Chain } from "../lib/chain";
import { Contracts } from "../lib/contracts";
import { eventually, pause } from "../lib/eventually";
import type { Lab, LockingMode } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { type Database, PostgresServer } from "../lib/postgres";
import { v1Leads, v1Node } from "../lib/v1";
import { type Subject, createJobOnceLeading, fiveTaskJob, labOf, option, printTable, quantile, subjects } from "./subject";

/**
 * Milliseconds between two takeovers. A leader closes the database sessions of its start when they were not used for five seconds, and looks
 * every two.
 */
const rest = Number(option("rest", "8500"));

/**
 * Milliseconds from the event to the first call for a run. No instance has answered one sooner, and the callers' own work would take
 * the two cores from what is measured.
 */
const firstCall = 12;

interface Gap {
    write: number;
    run: number;
    /** What the history of a handover says: from the end of the former leader's work to the next epoch. */
    nobodyLed?: number;
}

interface Row {
    name: string;
    mode: LockingMode;
    /** What happens to the leader; `restart`: to the database. */
    event: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "restart";
    /** The leader is a v1.11.0. */
    v1?: boolean;
    /** Four callers ask for runs all the time; the gap counts from the last commit of the former leader. */
    load?: boolean;
    /** A peer takes over in this row too. */
    peer?: boolean;
}

const allRows: Row[] = [
    ...(["dual", "lease", "advisorylock", "none"] as const).map((mode): Row => ({ name: `killed ${mode}`, mode, event: "SIGKILL", peer: mode !== "none" })),
    { name: "handover", mode: "dual", event: "SIGTERM", peer: true },
    { name: "handover under load", mode: "dual", event: "SIGTERM", load: true },
    { name: "frozen", mode: "dual", event: "SIGSTOP" },
    { name: "database restarted", mode: "dual", event: "restart" },
    { name: "v1 frozen dual", mode: "dual", event: "SIGSTOP", v1: true },
    { name: "v1 frozen lease", mode: "lease", event: "SIGSTOP", v1: true },
    { name: "v1 killed lease", mode: "lease", event: "SIGKILL", v1: true },
    { name: "v1 killed dual", mode: "dual", event: "SIGKILL", v1: true },
];

const epochQuery = "select epoch::text as leader from baton.leadership";

/** Text that changes with the leader's first write. */
function leaderQuery(subject: Subject, mode: LockingMode): string {
    if (subject.hasEpoch) return epochQuery;
    if (mode === "advisorylock") return "select string_agg(pid::text, ',') as leader from pg_locks where locktype = 'advisory' and objsubid = 1 and granted";
    return "select client_id::text as leader from lease_lock";
}

/**
 * Milliseconds until `look` gives true. Asked every five milliseconds: asked without a pause, the questions would take the two cores
 * away from what is measured.
 */
async function until(start: number, look: () => Promise<boolean>): Promise<number> {
    while (performance.now() - start < 60_000) {
        if (await look().catch(() => false)) return performance.now() - start;
        await pause(5);
    }
    throw new Error("nobody took over within 60 s");
}

/**
 * Milliseconds to the commit that raised the epoch, by the server's clock, which is this machine's: exact, however seldom it is asked.
 */
async function untilEpoch(start: number, before: number, database: Database): Promise<number> {
    const at = await eventually("the epoch rises", async () => {
        const [row] = await database.query("select extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000 as at from baton.leadership_log where epoch > $1 order by id limit 1", [before]);
        return row && Number(row.at);
    }, { every: 25, within: 60_000 });
    return at - performance.timeOrigin - start;
}

/** From `event`, which gives the instant from which time counts, until one of `next` leads and answers. */
async function gapAfter(event: () => Promise<number>, database: Database, query: string, next: BatonNode[], webhook: string): Promise<Gap> {
    const leads = () => database.value<string | null | undefined>(query);
    const before = await leads();
    const start = await event();
    const answers = async (node: BatonNode) => (await node.api.call("POST", `/v2/jobs/${webhook}/runs`, { value: 1 })).status === 200;
    const [write, run] = await Promise.all([
        query === epochQuery ? untilEpoch(start, Number(before), database) : until(start, async () => {
            const now = await leads();
            return now != null && now !== before;
        }),
        pause(firstCall).then(() => Promise.any(next.map((node) => until(start, () => answers(node))))),
    ]);
    return { write, run };
}

/** Callers without a pause, each at the instance that answered last; `stop` ends them. */
class Load {
    private ended = false;
    private readonly callers: Promise<void>[];

    constructor(nodes: BatonNode[], webhook: string) {
        this.callers = [0, 1, 2, 3].map(async () => {
            let at = 0;
            while (!this.ended) {
                const answer = await nodes[at % nodes.length]!.api.call("POST", `/v2/jobs/${webhook}/runs`, { value: 1 }).catch(() => undefined);
                if (answer?.status === 200) continue;
                at++;
                await pause(2);
            }
        });
    }

    async stop(): Promise<void> {
        this.ended = true;
        await Promise.all(this.callers);
    }
}

/**
 * The gap of a handover under load, by the server's commit times: from the last run that the former leader committed to the first write
 * and the first run of the next one.
 */
async function gapOfHandover(leader: BatonNode, standby: BatonNode, database: Database, webhook: string): Promise<Gap> {
    const before = Number(await database.value(epochQuery));
    const runs = Number(await database.value("select count(*) from pipeline_runs"));
    const load = new Load([leader, standby], webhook);
    const counted = () => database.value<number>("select count(*) from pipeline_runs");
    await eventually("the load runs", async () => Number(await counted()) > runs + 500, { every: 25 });
    leader.signal("SIGTERM");
    const gap = await eventually("the next leader commits runs", async () => {
        const [row] = await database.query(
            "with taken as (select pg_xact_commit_timestamp(xmin) as at from baton.leadership_log where epoch > $1 order by id limit 1), "
            + "runs as (select pg_xact_commit_timestamp(xmin) as at from pipeline_runs where id > $2), "
            + "last as (select max(r.at) as at from runs r, taken t where r.at < t.at), next as (select min(r.at) as at from runs r, taken t where r.at > t.at) "
            + "select extract(epoch from taken.at - last.at) * 1000 as write, extract(epoch from next.at - last.at) * 1000 as run from taken, last, next where next.at is not null",
            [before, runs],
        );
        return row && { write: Number(row.write), run: Number(row.run) };
    }, { every: 25, within: 60_000 });
    await load.stop();
    return { ...gap, nobodyLed: await nobodyLed(before, database) };
}

async function nobodyLed(before: number, database: Database): Promise<number> {
    return eventually("the history knows the gap", async () => {
        const [row] = await database.query(
            "select extract(epoch from l.at - g.since) * 1000 as gap from baton.leadership_log l join baton.leadership_gaps g using (epoch) where epoch > $1 order by epoch limit 1",
            [before],
        );
        return row && Number(row.gap);
    }, { every: 25 });
}

/** Both wait for the lock in these words, on the console; in mode `none`, where a v1.11.0 does not wait, Baton has its own. */
const waits = /Another application (is currently holding the database lease|holds the advisory lock)|standby: waiting for /;

async function startAsStandby(node: BatonNode): Promise<void> {
    const before = node.log().length;
    node.start();
    await eventually(`${node.name} waits for the lock (log: ${node.logFile})`, () => waits.test(node.log().slice(before)), { every: 20 });
    // An instance that has just begun to lead, or to wait, is not what operators have.
    await pause(rest);
}

/** Two instances of the subject; after each round the one that lost comes back as the standby. */
async function measurePair(lab: Lab, subject: Subject, row: Row, rounds: number, server: PostgresServer): Promise<Gap[]> {
    const gaps: Gap[] = [];
    let leader = await lab.node("chainlink");
    // One volume for both, as operators have it: a login is valid on both.
    let standby = await lab.node("secondary", { root: leader.root });
    leader.start();
    const job = await createJobOnceLeading(lab, leader, fiveTaskJob());
    await startAsStandby(standby);
    const query = leaderQuery(subject, row.mode);
    while (gaps.length < rounds) {
        if (row.event === "restart") {
            const restart = async () => {
                await server.down();
                await server.up();
                return performance.now();
            };
            gaps.push(await gapAfter(restart, lab.database, query, [leader, standby], job.externalJobId));
            await pause(1_000);
            continue;
        }
        const event = row.event;
        const strike = async () => {
            const start = performance.now();
            leader.signal(event);
            return start;
        };
        const gap = row.load
            ? gapOfHandover(leader, standby, lab.database, job.externalJobId)
            : gapAfter(strike, lab.database, query, [standby], job.externalJobId);
        gaps.push(await gap);
        // A frozen one dies without having woken up.
        await leader.stop(event === "SIGSTOP" ? "SIGKILL" : event);
        [leader, standby] = [standby, leader];
        await startAsStandby(standby);
    }
    return gaps;
}

/** A v1.11.0 leads, Baton stands by. */
async function measureAfterV1(lab: Lab, subject: Subject, row: Row, rounds: number): Promise<Gap[]> {
    const gaps: Gap[] = [];
    const baton = await lab.node("baton");
    const v1 = await v1Node(lab);
    baton.start();
    const job = await createJobOnceLeading(lab, baton, fiveTaskJob());
    while (gaps.length < rounds) {
        await baton.stop("SIGTERM");
        v1.start();
        await v1Leads(v1, lab, row.mode, { within: 60_000 });
        await startAsStandby(baton);
        const strike = async () => {
            const start = performance.now();
            v1.signal(row.event as NodeJS.Signals);
            return start;
        };
        gaps.push(await gapAfter(strike, lab.database, leaderQuery(subject, row.mode), [baton], job.externalJobId));
        await v1.stop("SIGKILL");
    }
    return gaps;
}

async function measure(subject: Subject, row: Row, rounds: number, server: PostgresServer, chain: Chain, contracts: Contracts): Promise<Gap[]> {
    const lab = await labOf(subject, server, chain, contracts, row.mode);
    try {
        return row.v1 ? await measureAfterV1(lab, subject, row, rounds) : await measurePair(lab, subject, row, rounds, server);
    } finally {
        await lab.stop();
        await lab.database.drop();
    }
}

const wanted = option("rows", "").split(",").filter(Boolean);
for (const name of wanted) if (!allRows.some((row) => row.name === name)) throw new Error(`no row "${name}"; there are ${allRows.map((row) => row.name).join(", ")}`);
const rows = allRows.filter((row) => wanted.length === 0 || wanted.includes(row.name));
const server = await PostgresServer.start({ settings: ["track_commit_timestamp=on"] });
const chain = await Chain.start({ name: "bench", blockTime: 1 });
try {
    const contracts = await Contracts.deploy(chain);
    for (const row of rows) {
        const measured = subjects().filter((subject) => subject.hasEpoch || row.peer);
        const gaps: Gap[][] = [];
        for (const subject of measured) {
            const rounds = Number(subject.hasEpoch ? option("rounds", "30") : option("peer-rounds", "5"));
            gaps.push(await measure(subject, row, rounds, server, chain, contracts));
        }
        const measures = [["to the first committed write", "write"], ["to the first answered webhook run", "run"], ["that nobody led", "nobodyLed"]] as const;
        for (const [what, key] of measures.filter(([, k]) => gaps[0]![0]![k] !== undefined)) {
            console.log(`\n${row.name}, ${gaps.map((list) => list.length).join(" and ")} rounds: milliseconds ${what}`);
            printTable(measured, [["p50", 0.5], ["p95", 0.95], ["p99", 0.99], ["maximum", 1]].map(([name, q]) => ({
                name: name as string,
                values: gaps.map((list) => quantile(list.map((gap) => gap[key] ?? NaN), q as number)),
            })));
        }
    }
} finally {
    await chain.stop();
    server.stop();
}

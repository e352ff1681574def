/** What the benchmarks share: which programs they measure, how they wait for them, and how they print. */
import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { eventually } from "../lib/eventually";
import type { Chain } from "../lib/chain";
import type { Contracts } from "../lib/contracts";
import type { Job } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import { type BatonNode, credentials } from "../lib/node";
import { batonBinary } from "../lib/paths";
import type { PostgresServer } from "../lib/postgres";

/** A program with Baton's commands, environment and API. */
export interface Subject {
    name: string;
    binary: string;
    /** Keeps the schema `baton`, so that its epoch tells the first write of a new leader. */
    hasEpoch: boolean;
}

/** Value of `--name VALUE` on the command line. */
export function option(name: string, fallback: string): string {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? fallback : process.argv[at + 1]!;
}

/** Baton, and behind it the program that --peer names. */
export function subjects(): Subject[] {
    const peer = option("peer", "");
    const all: Subject[] = [{ name: "baton", binary: batonBinary, hasEpoch: true }];
    if (peer) all.push({ name: basename(peer), binary: peer, hasEpoch: false });
    return all;
}

/** A database of its own on the server, and instances of the subject that share it. */
export async function labOf(subject: Subject, server: PostgresServer, chain: Chain, contracts: Contracts, mode: LockingMode): Promise<Lab> {
    const database = await server.createDatabase();
    // v1.11.0 refuses a depth above the limit of transactions in flight, and the laboratory has no limit.
    const env = { LOG_LEVEL: "info", ETH_GAS_BUMP_TX_DEPTH: "0" };
    return Lab.start({ database, chain, contracts, mode, binary: subject.binary, env });
}

/** Waits until the instance takes writes, and creates the job. Works with every program that has the API. */
export async function createJobOnceLeading(lab: Lab, node: BatonNode, spec: { externalJobId: string; toml: string }): Promise<Job> {
    return eventually(`${node.name} takes writes (log: ${node.logFile})`, async () => {
        await node.api.login(credentials.email, credentials.password);
        return lab.createJob(node, spec);
    }, { within: 60_000 });
}

/** Five tasks without I/O. */
export function fiveTaskJob(): { externalJobId: string; toml: string } {
    const externalJobId = randomUUID();
    const toml = `
type = "webhook"
schemaVersion = 1
name = "five tasks ${externalJobId}"
externalJobID = "${externalJobId}"
observationSource = """
parse [type=jsonparse path="value" data="$(jobRun.requestBody)"]
times [type=multiply input="$(parse)" times=10]
parts [type=divide input="$(times)" divisor=4]
more  [type=multiply input="$(parts)" times=3]
last  [type=multiply input="$(more)" times=2]
parse -> times -> parts -> more -> last
"""
`;
    return { externalJobId, toml };
}

export function quantile(values: number[], q: number): number {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

export const median = (values: number[]) => quantile(values, 0.5);

/** One line per row: its name, a column per subject, and the ratio of the second to the first where there are two. */
export function printTable(subjects: Subject[], rows: { name: string; values: number[]; digits?: number }[]): void {
    const width = Math.max(...rows.map((row) => row.name.length));
    const ratio = subjects.length > 1;
    console.log([" ".repeat(width), ...subjects.map((s) => s.name.padStart(18)), ...(ratio ? ["ratio".padStart(10)] : [])].join(""));
    for (const { name, values, digits = 1 } of rows) {
        const columns = values.map((value) => value.toFixed(digits).padStart(18));
        if (ratio) columns.push((values[1]! / values[0]!).toFixed(3).padStart(10));
        console.log([name.padEnd(width), ...columns].join(""));
    }
}

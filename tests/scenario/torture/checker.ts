import type { Address } from "viem";
import type { Contracts, SentRequest } from "../../lib/contracts";
import { findFaults, findNonceFaults } from "../../lib/ledger";
import type { Job } from "../../lib/jobs";
import type { Database } from "../../lib/postgres";
import { findForeignWrites } from "./audit";
import type { Call } from "./load";

/** Webhook calls in the client's ledger against the runs in the database: each call one run, the one that its answers named. */
export async function findCallFaults(database: Database, job: Job, calls: readonly Call[]): Promise<string[]> {
    const runs = await database.query<{ id: number; value: string; state: string }>(
        `select r.id, r.inputs #>> '{jobRun,requestBody}' as value, r.state::text
         from pipeline_runs r join jobs j using (pipeline_spec_id) where j.id = $1`,
        [job.id],
    );
    const byValue = new Map<number, { id: number; state: string }[]>();
    for (const { id, value, state } of runs) {
        const number = JSON.parse(value).value as number;
        byValue.set(number, [...(byValue.get(number) ?? []), { id, state }]);
    }
    const recorded = await database.query<{ key: string; run: number }>(
        "select request_key as key, run_id as run from baton.requests where job_id = $1", [job.id]);
    const runOfKey = new Map(recorded.map(({ key, run }) => [key, run]));
    const faults: string[] = [];
    for (const call of calls) {
        const stored = byValue.get(call.value) ?? [];
        byValue.delete(call.value);
        if (call.answeredAt === undefined) faults.push(`${call.key}: never answered`);
        if (stored.length !== 1) faults.push(`${call.key}: ${stored.length} runs instead of 1`);
        else if (stored[0]!.state !== "completed") faults.push(`${call.key}: its run is ${stored[0]!.state}`);
        const named = new Set(call.runs.map(Number));
        if (named.size > 1) faults.push(`${call.key}: answers named the runs ${[...named].join(", ")}`);
        for (const id of named) if (!stored.some((run) => run.id === id)) faults.push(`${call.key}: the run ${id} that was answered is not there`);
        if (stored.length === 1 && runOfKey.get(`webhook:${call.key}`) !== stored[0]!.id) faults.push(`${call.key}: its request is not on record`);
    }
    for (const [value, extra] of byValue) faults.push(`${extra.length} runs with the value ${value}, which nobody asked for`);
    return faults;
}

/** Longest times without an answer to anybody, in milliseconds, longest first. */
export function gapsBetween(instants: readonly number[]): number[] {
    const sorted = [...instants].sort((a, b) => a - b);
    return sorted.slice(1).map((instant, i) => instant - sorted[i]!).sort((a, b) => b - a);
}

export function findGapFaults(calls: readonly Call[], longest: number): string[] {
    const [worst = 0] = gapsBetween(calls.flatMap((call) => call.answeredAt ?? []));
    return worst > longest ? [`for ${worst} ms nobody answered; ${longest} ms are allowed`] : [];
}

/** Epochs rise by one each time, and the row in force is the newest of the history. */
export async function findEpochFaults(database: Database): Promise<string[]> {
    const epochs = (await database.query<{ epoch: number }>("select epoch from baton.leadership_log order by id")).map(({ epoch }) => epoch);
    const faults = epochs.flatMap((epoch, i) => (epoch === i + 1 ? [] : [`epoch ${epoch} is number ${i + 1} of the history`]));
    const now = await database.value<number>("select epoch from baton.leadership");
    if (now !== epochs.at(-1)) faults.push(`epoch ${now} is in force, the history ends with ${epochs.at(-1)}`);
    return faults;
}

export interface Evidence {
    contracts: Contracts;
    database: Database;
    sender: Address;
    requests: readonly SentRequest[];
    webhook: Job;
    calls: readonly Call[];
    /** Longest time that nobody may answer, in milliseconds. */
    longestGap: number;
}

/** Everything that is wrong, one line each. Reads chain, database and the client's ledger; believes no instance. */
export async function findAllFaults(evidence: Evidence): Promise<string[]> {
    const { contracts, database, sender, requests, webhook, calls } = evidence;
    return [
        ...(await findFaults(contracts, database, requests.map((request) => request.requestId))),
        ...(await findNonceFaults(contracts, database, sender)),
        ...(await findCallFaults(database, webhook, calls)),
        ...(await findForeignWrites(database)),
        ...(await findEpochFaults(database)),
        ...findGapFaults(calls, evidence.longestGap),
    ];
}

import type { Address, Hex } from "viem";
import type { Contracts } from "./contracts";
import type { Database } from "./postgres";

/** What chain and database hold about one request. */
export interface Entry {
    requestId: Hex;
    /** OracleResponse events on chain. */
    answers: number;
    /** Rows of log_broadcasts of its log, consumed and not. */
    consumed: number;
    unconsumed: number;
    /** Rows of pipeline_runs of it, and the states they are in. */
    runs: number;
    runStates: string[];
    /** Rows of eth_txes whose payload answers it, and the states they are in. */
    transactions: number;
    transactionStates: string[];
}

/** Looks up every request that the chain holds. Independent of what the node says about itself. */
export async function readLedger(contracts: Contracts, database: Database): Promise<Map<Hex, Entry>> {
    const requested = await contracts.requested();
    const entries = new Map<Hex, Entry>();
    const byLog = new Map<string, Entry>();
    for (const log of requested) {
        const entry: Entry = {
            requestId: log.args.requestId!, answers: 0, consumed: 0, unconsumed: 0,
            runs: 0, runStates: [], transactions: 0, transactionStates: [],
        };
        entries.set(entry.requestId, entry);
        byLog.set(`${log.blockHash}:${log.logIndex}`, entry);
    }
    for (const requestId of await contracts.answered()) {
        const entry = entries.get(requestId);
        if (entry) entry.answers++;
    }
    const broadcasts = await database.query<{ log: string; consumed: boolean }>(
        "select '0x' || encode(block_hash, 'hex') || ':' || log_index as log, consumed from log_broadcasts",
    );
    for (const { log, consumed } of broadcasts) {
        const entry = byLog.get(log);
        if (entry) entry[consumed ? "consumed" : "unconsumed"]++;
    }
    const runs = await database.query<{ id: Hex; state: string }>(
        `select inputs #>> '{jobRun,meta,oracleRequest,requestId}' as id, state::text from pipeline_runs
         where inputs #> '{jobRun,meta,oracleRequest}' is not null`,
    );
    for (const { id, state } of runs) {
        const entry = entries.get(id);
        if (entry) entry.runs++, entry.runStates.push(state);
    }
    // The request id is the first argument of either fulfilment call, behind the selector.
    const transactions = await database.query<{ id: Hex; state: string }>(
        "select '0x' || encode(substring(encoded_payload from 5 for 32), 'hex') as id, state::text from eth_txes",
    );
    for (const { id, state } of transactions) {
        const entry = entries.get(id);
        if (entry) entry.transactions++, entry.transactionStates.push(state);
    }
    return entries;
}

/** What is wrong with each request, one line per fault; empty when each has exactly one of everything. */
export async function findFaults(contracts: Contracts, database: Database, requestIds: Hex[]): Promise<string[]> {
    const ledger = await readLedger(contracts, database);
    const faults: string[] = [];
    for (const requestId of requestIds) {
        const entry = ledger.get(requestId);
        if (!entry) {
            faults.push(`${requestId}: not on chain`);
            continue;
        }
        const counts = { answers: entry.answers, consumed: entry.consumed, runs: entry.runs, transactions: entry.transactions };
        for (const [what, count] of Object.entries(counts)) if (count !== 1) faults.push(`${requestId}: ${count} ${what} instead of 1`);
        if (entry.unconsumed) faults.push(`${requestId}: ${entry.unconsumed} unconsumed broadcasts beside`);
    }
    return faults;
}

/** Faults in what a sending address did: every nonce used by one row, every row mined, nothing reverted. */
export async function findNonceFaults(contracts: Contracts, database: Database, sender: Address): Promise<string[]> {
    const faults: string[] = [];
    const rows = await database.query<{ nonce: number | null; state: string; hashes: Hex[] | null }>(
        `select t.nonce, t.state::text, array_agg('0x' || encode(a.hash, 'hex')) filter (where a.id is not null) as hashes
         from eth_txes t left join eth_tx_attempts a on a.eth_tx_id = t.id
         where t.from_address = decode($1, 'hex') group by t.id order by t.nonce`,
        [sender.slice(2)],
    );
    const onChain = await contracts.chain.client.getTransactionCount({ address: sender });
    const withNonce = rows.filter((row) => row.nonce !== null);
    if (withNonce.length !== onChain) faults.push(`${sender}: ${onChain} transactions on chain, ${withNonce.length} with a nonce in the database`);
    for (const [expected, row] of withNonce.entries()) {
        if (row.nonce !== expected) faults.push(`${sender}: nonce ${row.nonce} where ${expected} belongs`);
        const receipts = await Promise.all(
            (row.hashes ?? []).map((hash) => contracts.chain.client.getTransactionReceipt({ hash }).catch(() => undefined)),
        );
        const mined = receipts.filter((receipt) => receipt !== undefined);
        if (mined.length !== 1) faults.push(`${sender}: nonce ${row.nonce}: ${mined.length} attempts mined instead of 1`);
        else if (mined[0]!.status !== "success") faults.push(`${sender}: nonce ${row.nonce}: reverted`);
    }
    return faults;
}

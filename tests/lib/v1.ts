import { join } from "node:path";
import { type Patience, eventually } from "./eventually";
import type { Lab, LockingMode } from "./lab";
import type { BatonNode } from "./node";
import { checkout } from "./paths";
import type { Database } from "./postgres";

/** A real Chainlink node v1.11.0, if the environment names one; else the program that speaks for it to the database. */
export const v1Program = process.env.BATON_V1 ?? join(checkout, "tests/peer/v1");
const v1IsReal = process.env.BATON_V1 !== undefined;

/** A v1.11.0 beside the lab's instances, not started yet: same database, same environment. */
export function v1Node(lab: Lab, name = "v1"): Promise<BatonNode> {
    // A real one refuses to start where this is more than ETH_MAX_IN_FLIGHT_TRANSACTIONS, which is 0 in the lab.
    return lab.node(name, { binary: v1Program, env: { ETH_GAS_BUMP_TX_DEPTH: "0" } });
}

/**
 * Which program holds every lock of the mode, as the database sees it: "Chainlink" or "Baton"; "nobody" when one of the locks
 * is free or its holder has no session; else both names.
 */
export async function holderOfLocks(database: Database, mode: LockingMode): Promise<string> {
    const program = "split_part(a.application_name, ' ', 1)";
    const advisory = `select (select ${program} from pg_locks l join pg_stat_activity a using (pid)
        where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and a.datname = current_database()) as holder`;
    const lease = `select (select ${program} from lease_lock r join pg_stat_activity a
        on position(left(r.client_id::text, 28) in a.application_name) > 0 where r.expires_at >= now() limit 1) as holder`;
    const asked = [...(mode === "lease" ? [] : [advisory]), ...(mode === "advisorylock" ? [] : [lease])];
    const holders = await Promise.all(asked.map((sql) => database.value<string | null>(sql)));
    if (holders.includes(null)) return "nobody";
    return [...new Set(holders)].join(" and ");
}

/** Waits until the v1.11.0 holds every lock; a real one also until it has started its work. */
export async function v1Leads(v1: BatonNode, lab: Lab, mode: LockingMode, patience?: Patience): Promise<void> {
    await eventually(`v1.11.0 holds the locks (log: ${v1.logFile})`, async () => (await holderOfLocks(lab.database, mode)) === "Chainlink", patience);
    if (v1IsReal) await v1.listens({ within: 60_000 });
}

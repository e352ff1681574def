/** docs/operations/metrics.md against v1.11.0's names and what an instance exports. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { Lab } from "../lib/lab";
import { checkout, fixturesFolder } from "../lib/paths";
import { Requests } from "../lib/requests";

const reference = fixturesFolder ? join(fixturesFolder, "../reference/metrics.md") : "";
const there = existsSync(reference);
let lab: Lab;
afterEach(() => lab?.stop());

/** Every name of v1.11.0: the first column of the tables, where a row may name several and a heading their common prefix, and the lists in the text. */
function namesOfV1(): string[] {
    const names = new Set<string>();
    let prefix = "";
    for (const line of readFileSync(reference, "utf8").split("\n")) {
        if (line.startsWith("## ")) prefix = "";
        const common = /^\| Metric \(prefix `(\w+)`\)/.exec(line)?.[1];
        if (common) prefix = common;
        const cell = /^\| (`.*?) \|/.exec(line)?.[1]!.replace(/\(.*?\)/g, "");
        const lists = /^(?:`go_\*`|`process_virtual|`ocr2_|\*\*DKG)/.test(line) ? line : undefined;
        for (const [, shortened, name] of (cell ?? lists ?? "").matchAll(/`(…_?)?([a-z][a-z0-9_]*)(?:\{\w+\})?`/g)) {
            if (shortened) {
                // "num_transitions_to_alive", "…_to_in_sync"; "solana_txm_tx_error_revert", "…_reject": the end of the name before in place of it.
                const last = [...names].at(-1)!;
                const first = name!.split("_")[0] === "to" ? last.slice(0, last.lastIndexOf("_to_") + 1) : `${last.slice(0, last.lastIndexOf("error_") + 6)}`;
                names.add(first + name);
            } else if (cell || /_/.test(name!)) {
                names.add(prefix + name);
            }
        }
    }
    return [...names];
}

test.skipIf(!there)(`every metric of v1.11.0 is exported, or absent for a reason that the page gives${there ? "" : " (skipped: its list is not here)"}`, async () => {
    const wanted = namesOfV1();
    for (const name of ["db_conns_max", "evm_pool_rpc_node_num_transitions_to_in_sync", "solana_txm_tx_error_sim_other", "process_open_fds", "tx_manager_tx_attempt_count"])
        expect(wanted).toContain(name);
    expect(wanted.length).toBeGreaterThan(110);
    const page = readFileSync(join(checkout, "docs/operations/metrics.md"), "utf8");
    const rows = (section: string) => [...page.split(`## ${section}`)[1]!.split("\n## ")[0]!.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]!);
    const absent = rows("Absent");
    const isAbsent = (name: string) => absent.some((one) => (one.endsWith("_") ? name.startsWith(one) : name === one));
    for (const one of absent) expect(wanted.some((name) => (one.endsWith("_") ? name.startsWith(one) : name === one)), `${one} is no metric of v1.11.0`).toBe(true);

    lab = await Lab.start({ env: { DATABASE_BACKUP_MODE: "full" } });
    const node = await lab.node("metrics");
    node.start();
    await node.reaches("leading");
    const requests = await Requests.begin(lab, node);
    await requests.ask(2);
    expect(await requests.faults()).toEqual([]);
    await eventually("every metric is there", async () => {
        const text: string = (await node.api.call("GET", "/metrics")).body;
        const exported = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map((match) => match[1]!));
        const missing = wanted.filter((name) => !exported.has(name) && !isAbsent(name));
        if (missing.length) throw new Error(`missing: ${missing.join(" ")}`);
        const own = rows("Leadership and backups").filter((name) => !exported.has(name) && !/last_gap|last_completed/.test(name));
        if (own.length) throw new Error(`missing: ${own.join(" ")}`);
        return true;
    }, { within: 30_000, every: 200 });
});

/** See tests/torture. */
import { storm } from "./storm";
import type { LockingMode } from "../../lib/lab";

function option(name: string): string | undefined {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? undefined : process.argv[at + 1];
}

const seed = Number(option("seed") ?? process.env.BATON_TEST_SEED ?? Math.floor(Math.random() * 1e9));
const minutes = Number(option("minutes") ?? 1);
console.log(`seed ${seed}, ${minutes} minutes; the same again: tests/torture --seed ${seed} --minutes ${minutes}`);
const { faults, lines } = await storm({ seed, milliseconds: minutes * 60_000, mode: option("mode") as LockingMode | undefined });
for (const line of [...lines, ...faults.map((fault) => `WRONG: ${fault}`), `${faults.length} faults`]) console.log(line);
process.exit(faults.length ? 1 : 0);

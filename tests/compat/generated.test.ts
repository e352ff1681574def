import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { checkout, scratchFolder } from "../lib/paths";
import { Random, testSeed } from "../lib/random";
import { abiCases } from "./generate-abi";
import { graphCases } from "./generate-graphs";

/** Of each kind. */
const count = 1_000;

/** Cases of the form of pipeline-cases.json, replayed by the program that replays those. */
async function replay(name: string, cases: unknown[]): Promise<void> {
    const file = join(scratchFolder("cases"), `${name}.json`);
    writeFileSync(file, `[\n${cases.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
    const vectors = join(checkout, "build/release/bin/vectors");
    const output = await promisify(execFile)(vectors, [file], { maxBuffer: 1 << 28 }).then(
        ({ stdout }) => stdout,
        (error: { stdout?: string; message: string }) => `${error.stdout || error.message}`,
    );
    expect(output.slice(-4_000), `the cases are in ${file}`).toBe(`${cases.length} passed, 0 failed\n`);
}

test("what is encoded for a contract is what viem encodes, and comes back from decoding", async () => {
    await replay("abi", abiCases(new Random(testSeed("abi")), count));
});

test("a graph comes back from any way in which it can be written", async () => {
    await replay("graphs", graphCases(new Random(testSeed("graphs")), count));
});

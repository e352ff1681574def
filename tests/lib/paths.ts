import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The node under test; BATON_BINARY names another one with the same commands. */
export const batonBinary = process.env.BATON_BINARY ?? join(checkout, "build/release/bin/chainlink");

/** Recorded databases of a real v1.11.0; undefined where the checkout stands alone. */
export const fixturesFolder = [process.env.BATON_FIXTURES, join(checkout, "../shared/fixtures")].find(
    (path): path is string => path !== undefined && existsSync(join(path, "README.md")),
);

/** Where servers and nodes write their logs; kept after the run, so that a failure can be read. */
export const logFolder = process.env.BATON_TEST_LOGS ?? join(checkout, "build/test-logs/scenario");
mkdirSync(logFolder, { recursive: true });

/** A new folder that nobody else uses, outside the checkout so that an unprivileged server may enter it. */
export function scratchFolder(purpose: string): string {
    return mkdtempSync(join(tmpdir(), `baton-${purpose}-`));
}

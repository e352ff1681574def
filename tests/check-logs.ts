/** Ends with 1 when a log below the given folder holds a secret of the fixtures or of the tests: check-logs.ts FOLDER */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type FixtureName, readFixture } from "./lib/fixtures";
import { credentials } from "./lib/node";
import { fixturesFolder } from "./lib/paths";
import { nodeRole } from "./lib/postgres";

const secretMembers = new Set([
    "keyPassword", "password", "X-API-SECRET", "secretFile", "sessionCookie", "incomingSecret", "incomingToken",
    "outgoingToken", "outgoingSecret", "raw", "privateKey",
]);

/** Values of members that are secret by name, however deep. */
function collect(value: unknown, into: Set<string>, member = ""): void {
    if (typeof value === "string") {
        if (secretMembers.has(member)) into.add(value.replace(/^0x|^clsession=/, ""));
    } else if (value && typeof value === "object") {
        for (const [key, inner] of Object.entries(value)) collect(inner, into, Array.isArray(value) ? member : key);
    }
}

function* logFiles(folder: string): Generator<string> {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) yield* logFiles(path);
        else if (entry.name.endsWith(".log")) yield path;
    }
}

const folder = process.argv.at(-1)!;
const secrets = new Set([credentials.keyPassword, credentials.password, nodeRole.password]);
if (fixturesFolder) for (const name of ["first-boot", "settled", "interrupted"] as FixtureName[]) collect(readFixture(name), secrets);

let files = 0;
let leaks = 0;
for (const file of logFiles(folder)) {
    files++;
    for (const [index, line] of readFileSync(file, "utf8").split("\n").entries())
        for (const secret of secrets)
            if (line.includes(secret)) {
                leaks++;
                console.log(`${file}:${index + 1}: holds a secret that begins with ${secret.slice(0, 4)}`);
            }
}
console.log(`${files} logs, ${secrets.size} secrets, ${leaks} leaks`);
process.exit(leaks ? 1 : 0);

/** docs/operations/disaster.md: what happens when a database is lost and an old backup takes its place. */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Lab } from "../lib/lab";
import { scratchFolder } from "../lib/paths";
import { serverPrograms } from "../lib/postgres";
import { Requests } from "../lib/requests";

let lab: Lab;
const folder = scratchFolder("backup");
afterEach(async () => {
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
});

test("a backup whose nonces are behind the chain: the instance goes on with the chain's, and answers what is asked from then on", async () => {
    lab = await Lab.start();
    const node = await lab.node("restored");
    node.start();
    await node.reaches("leading");
    const requests = await Requests.begin(lab, node);
    await requests.ask(2);
    await lab.answered(requests.sent);
    await lab.settled();

    const program = (name: string, ...args: string[]) => execFileSync(join(serverPrograms(), name), args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
    const dump = join(folder, "dump");
    program("pg_dump", "--format=custom", "--file", dump, lab.database.url);
    const behind = await lab.database.value<number>("select next_nonce from evm_key_states");
    await requests.ask(3);
    await lab.answered(requests.sent);
    await lab.settled();
    const ahead = await lab.database.value<number>("select next_nonce from evm_key_states");
    expect(ahead).toBe(behind + 3);
    await node.stop("SIGKILL");

    program("pg_restore", "--clean", "--if-exists", "--no-owner", "--dbname", lab.database.url, dump);
    expect(await lab.database.value("select next_nonce from evm_key_states")).toBe(behind);
    node.start();
    await node.reaches("leading");
    await requests.ask(2);
    await lab.answered(requests.sent);
    expect(await lab.database.value<number>("select next_nonce from evm_key_states")).toBeGreaterThanOrEqual(ahead + 2);
});

/** docs/operations/disaster.md: the key ring or its password is lost. A lost database: scenario/backup, scenario/restored-backup. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { checkout, scratchFolder } from "../lib/paths";
import { serverPrograms } from "../lib/postgres";
import { Requests } from "../lib/requests";

const page = readFileSync(join(checkout, "docs/operations/disaster.md"), "utf8");
let lab: Lab;
const folder = scratchFolder("disaster");
afterEach(async () => {
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
});

/** The command block of the page's section, typed where the backup lies. */
function type(section: string): void {
    const [, command] = /```sh\n([^]*?)```/.exec(page.slice(page.indexOf(`\n### ${section}\n`)))!;
    const env = { ...process.env, PATH: `${serverPrograms()}:${process.env.PATH}`, DATABASE_URL: lab.database.url };
    execFileSync("bash", ["-e", "-c", command!], { cwd: folder, env, stdio: "inherit" });
}

async function lead(node: BatonNode): Promise<void> {
    // A login does not outlive its key ring.
    node.api.session.cookie = "";
    node.start();
    await node.reaches("leading");
}

const addresses = async (node: BatonNode): Promise<string[]> => (await node.api.get("/v2/keys/eth")).data.map((key: any) => key.attributes.address);

test("the key ring is lost and comes back from a backup; its password is lost for good", async () => {
    lab = await Lab.start();
    const node = await lab.node("disaster");
    await lead(node);
    const requests = await Requests.begin(lab, node);
    await requests.ask(2);
    await lab.answered(requests.sent);
    await lab.settled();
    const old = await addresses(node);
    execFileSync(join(serverPrograms(), "pg_dump"), ["--format=custom", "--file", join(folder, "cl_backup_1.11.0.dump"), lab.database.url]);
    await node.stop();

    await lab.database.query("delete from encrypted_key_rings");
    await lead(node);
    await node.logs(/a key of the database is not in the key ring: it gets no requests.*import it/);
    await node.stop();
    type("The key ring");
    await lead(node);
    await requests.ask(1);
    await lab.answered(requests.sent);
    await lab.settled();
    expect(await addresses(node)).toEqual(old);
    await node.stop();

    writeFileSync(node.passwordFile, "Another-password-of-the-tests-0123456789\n");
    node.start();
    expect((await node.ended()).code).toBe(1);
    expect(node.log()).toContain("error authenticating keystore");
    type("The key-store password");
    await lead(node);
    await lab.authorizeKeys(node);
    expect(await addresses(node)).not.toEqual(old);
    await requests.ask(2);
    await lab.answered(requests.sent);
    await lab.settled();
    expect(await lab.database.value("select count(*)::int from eth_txes")).toBe(2);
    expect((await node.api.get("/v2/jobs")).data, "jobs are kept").toHaveLength(1);
});

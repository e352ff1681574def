import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { directRequestJob, webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { type BatonNode, credentials } from "../lib/node";

let lab: Lab;
let node: BatonNode;
beforeAll(async () => {
    lab = await Lab.start();
    node = await lab.node("commands");
    node.start(["local", "node", "--password", node.passwordFile, "--api", node.apiFile]);
    await node.reaches("leading");
    await node.command(["admin", "login", "--file", node.apiFile]);
});
afterAll(() => lab?.stop());

test("-version", async () => {
    for (const flag of ["--version", "-v", "-version"]) {
        const { code, stdout } = await node.command([flag]);
        expect([code, stdout]).toEqual([0, expect.stringMatching(/^chainlink version 1\.11\.0@\S+\n$/)]);
    }
});

test("admin login writes the cookie file, logout empties it", async () => {
    const cookie = join(node.root, "cookie");
    expect(await node.command(["admin", "login", "-f", node.apiFile])).toMatchObject({ code: 0, stdout: "Successfully Logged In.\n" });
    expect(readFileSync(cookie, "utf8")).toMatch(/^clsession=/);
    expect((await node.command(["admin", "logout"])).code).toBe(0);
    expect(readFileSync(cookie, "utf8")).toBe("");
    const refused = await node.command(["jobs", "list"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Cookie not in file, you must first login through the CLI")]);
    await node.command(["admin", "login", "--file", node.apiFile]);
});

test("admin login with a wrong password", async () => {
    const file = join(node.root, "wrong");
    writeFileSync(file, `${credentials.email}\nwrong-password-0123456789\n`);
    const { code, stderr } = await node.command(["admin", "login", "--file", file]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("Unauthorized")]);
});

test("jobs create, list, show, run, delete", async () => {
    const spec = webhookJob({ name: "by command" });
    const created = await node.command(["jobs", "create", spec.toml]);
    expect(created).toMatchObject({ code: 0, stdout: expect.stringContaining("by command") });
    expect(created.stdout).toContain("Job created");

    const list = await node.command(["jobs", "list"]);
    expect(list.stdout).toMatch(/^╔ Jobs \(V2\)\n╬═/);
    expect(list.stdout).toContain("multiply multiply");
    const [job] = JSON.parse((await node.command(["-j", "jobs", "list"])).stdout);
    expect(job).toMatchObject({ name: "by command", type: "webhook" });

    expect((await node.command(["jobs", "show", job.id])).stdout).toContain("by command");
    const run = await node.command(["jobs", "run", spec.externalJobId]);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining("Pipeline run successfully triggered") });
    expect(await node.command(["jobs", "delete", job.id])).toMatchObject({ code: 0, stdout: `Job ${job.id} Deleted\n` });
    expect(JSON.parse((await node.command(["-j", "jobs", "list"])).stdout)).toEqual([]);
});

test("jobs create from a file, and one that is refused", async () => {
    const file = join(node.root, "job.toml");
    writeFileSync(file, directRequestJob({ operator: lab.contracts.operator, name: "from a file" }).toml);
    expect((await node.command(["jobs", "create", file])).stdout).toContain("from a file");
    const refused = await node.command(["jobs", "create", 'type = "oracle"\nschemaVersion = 1']);
    // As v1.11.0: scripts look at the text.
    expect([refused.code, refused.stdout]).toEqual([0, expect.stringMatching(/^Response: '.*invalid job type.*', Status: 422/)]);
});

test("keys eth list shows address and balance, and warns of what an operator has to do", async () => {
    const list = await node.command(["keys", "eth", "list"]);
    expect(list.stdout).toMatch(/^🔑 ETH keys\n-+\nAddress: +0x[0-9a-fA-F]{40}\n/);
    expect(list.stdout).toMatch(/ETH: +0/);
    const address = /0x[0-9a-fA-F]{40}/.exec(list.stdout)![0];
    await node.logs(new RegExp(`${address}.*(balance|ether)`, "i"));
});

test("unknown commands and flags", async () => {
    expect(await node.command(["jobz"])).toMatchObject({ code: 3, stderr: expect.stringContaining("No help topic for 'jobz'") });
    expect(await node.command(["jobs", "list", "--wrong"])).toMatchObject({
        code: 1,
        stdout: expect.stringContaining("Incorrect Usage: flag provided but not defined: -wrong"),
    });
});

test("a command against nobody says so", async () => {
    const { code, stderr } = await node.command(["jobs", "list"], { env: { CLIENT_NODE_URL: "http://127.0.0.1:1" } });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/127\.0\.0\.1:1/)]);
});

test("the log shows no secret", () => {
    const log = node.log();
    for (const secret of [credentials.keyPassword, credentials.password]) expect(log).not.toContain(secret);
    expect(existsSync(join(node.root, "cookie"))).toBe(true);
});

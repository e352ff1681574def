/** DATABASE_BACKUP_*: real pg_dump, and what is made of its files. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { scratchFolder } from "../lib/paths";
import { type Database, PostgresServer, nodeRole, serverPrograms } from "../lib/postgres";
import { Requests } from "../lib/requests";

let lab: Lab;
let folder: string;
let second: Database | undefined;
afterEach(async () => {
    await lab?.stop();
    await second?.drop();
    second = undefined;
    rmSync(folder, { recursive: true, force: true });
});

const made = () => join(folder, "cl_backup_1.11.0.dump");
const files = () => readdirSync(folder).sort();
/** A backup that is so old that the next one is due as soon as a takeover is over. */
function oldBackup(): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(made(), "the one before");
    const before = new Date(Date.now() - 7_200_000);
    utimesSync(made(), before, before);
}
const complete = (node: BatonNode) => node.logs("the database is backed up", { within: 40_000 });
const restore = (database: Database) =>
    execFileSync(join(serverPrograms(), "pg_restore"), ["--no-owner", "--exit-on-error", "--dbname", database.url, made()], { stdio: "inherit" });

/** Command lines of pg_dump that are under way on this machine. */
const dumps = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((id) => {
    try {
        return readFileSync(`/proc/${id}/cmdline`, "utf8");
    } catch {
        return "";
    }
}).filter((line) => line.includes("pg_dump") && line.includes(folder));

async function labWithBackups(mode: "lite" | "full"): Promise<Lab> {
    folder = scratchFolder("backups");
    return Lab.start({ env: { DATABASE_BACKUP_MODE: mode, DATABASE_BACKUP_DIR: folder } });
}

test("the leader makes one; restored, a node goes on with it, as far as its mode kept", async () => {
    lab = await labWithBackups("lite");
    oldBackup();
    const [primary, secondary] = await lab.pair();
    const requests = await Requests.begin(lab, primary);
    await requests.ask(2);
    await lab.answered(requests.sent);
    await lab.settled();
    await complete(primary);
    expect(files()).toEqual(["cl_backup_1.11.0.dump"]);
    expect(secondary.log()).not.toContain("backing up the database");
    expect(await (await fetch(`${primary.api.url}/metrics`)).text()).toContain('database_backups_total{outcome="completed"} 1');
    await primary.stop("SIGKILL");
    await secondary.stop("SIGKILL");

    second = await (await PostgresServer.at(process.env.BATON_TEST_DATABASE_URL!)).createDatabase();
    restore(second);
    expect(await second.value("select count(*)::int from pipeline_runs")).toBe(0);
    expect(await second.value("select count(*)::int from eth_txes")).toBe(2);
    const restored = await lab.node("restored", { env: { DATABASE_URL: second.url, DATABASE_BACKUP_MODE: "none" } });
    restored.start();
    await restored.reaches("leading");
    await requests.ask(1);
    await lab.answered(requests.sent);
});

test("one that is under way ends with the leadership, in order or not, and the next leader makes another", async () => {
    lab = await labWithBackups("full");
    oldBackup();
    const [primary, secondary] = await lab.pair();
    // pg_dump waits for a table that nothing else needs.
    const holder = await lab.database.connect();
    await holder.query("begin; lock table flux_monitor_round_stats_v2 in access exclusive mode");
    holder.on("error", () => {}); // of a test that gave up
    await eventually("pg_dump is under way", () => dumps().length === 1 && files().length === 2, { within: 40_000 });
    expect(dumps()[0]).not.toContain(nodeRole.password);

    expect((await primary.api.call("POST", "/v2/leadership/handover")).status).toBe(204);
    await secondary.reaches("leading", { within: 3_000 });
    expect(dumps()).toEqual([]);
    expect(files()).toEqual(["cl_backup_1.11.0.dump"]);
    expect(primary.log()).toContain("the backup was ended before it was complete");

    await eventually("the next leader's pg_dump is under way", () => dumps().length === 1, { within: 40_000 });
    await secondary.stop("SIGKILL");
    await primary.reaches("leading", { within: 3_000 });
    await eventually("pg_dump ends with a leader that was killed", () => dumps().length === 0);
    expect(readFileSync(made(), "utf8")).toBe("the one before");
    await holder.query("rollback");
    await holder.end();
    await complete(primary);
    const content = execFileSync(join(serverPrograms(), "pg_restore"), ["--list", made()], { encoding: "utf8" });
    expect(content).toContain("TABLE DATA public pipeline_runs");
    for (const node of lab.nodes) expect(node.log()).not.toContain(nodeRole.password);
});

test("without pg_dump a node says so and lives; the doctor finds it", async () => {
    lab = await labWithBackups("full");
    oldBackup();
    const node = await lab.node("no-pg-dump", { env: { PATH: "/nonexistent" } });
    node.start();
    await node.reaches("leading");
    await node.logs(/backups of the database will fail: there is no pg_dump in PATH: install postgresql-client/);
    await node.logs(/the backup failed; the last one is unchanged.*there is no pg_dump/, { within: 40_000 });
    expect((await node.leadership()).state).toBe("leading");
    expect(files()).toEqual(["cl_backup_1.11.0.dump"]);
    const { code, stdout } = await node.command(["-j", "doctor", "-p", node.passwordFile]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).find((one: any) => one.check === "backup")).toMatchObject({ level: "problem", text: expect.stringContaining("there is no pg_dump") });
});

test("a database that an older version used last is backed up first, or not touched", async () => {
    lab = await labWithBackups("lite");
    const first = await lab.node("before");
    first.start();
    await first.reaches("leading");
    await first.stop();
    await lab.database.query("update node_versions set version = '1.10.0'");

    const without = await lab.node("no-backup", { env: { PATH: "/nonexistent" } });
    without.start();
    expect((await without.ended()).code).toBe(1);
    expect(without.log()).toMatch(/no backup could be made before the upgrade from version 1\.10\.0: there is no pg_dump .* DATABASE_BACKUP_ON_VERSION_UPGRADE=false/);
    expect(await lab.database.value("select version from node_versions")).toBe("1.10.0");

    const upgraded = await lab.node("upgraded");
    upgraded.start();
    await upgraded.reaches("leading");
    expect(await lab.database.value("select version from node_versions")).toBe("1.11.0");
    second = await (await PostgresServer.at(process.env.BATON_TEST_DATABASE_URL!)).createDatabase();
    restore(second);
    expect(await second.value("select version from node_versions")).toBe("1.10.0");
});

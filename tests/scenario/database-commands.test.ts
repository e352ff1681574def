import { afterEach, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { Lab, type LockingMode } from "../lib/lab";
import { PostgresServer, nodeRole } from "../lib/postgres";

let lab: Lab;
afterEach(() => lab?.stop());

test.each<LockingMode>(["dual", "lease", "advisorylock", "none"])("%s: node db migrate prepares an empty database, and is refused while somebody leads", async (mode) => {
    lab = await Lab.start({ mode });
    const node = await lab.node("migrated");
    const db = (...args: string[]) => node.command(["node", "db", ...args]);
    expect((await db("version")).stderr).toContain("Database version: 0\n");
    const made = await db("migrate");
    expect([made.code, made.stderr], made.stderr).toEqual([0, expect.stringContaining("the schema of v1.11.0 was created")]);
    expect(made.stderr).not.toContain(nodeRole.password);
    expect((await db("migrate")).stderr).toContain("no migrations to run");
    expect((await db("version")).stderr).toContain("Database version: 153\n");
    expect((await db("status")).stderr).toMatch(/ -- 153\n/);

    node.start();
    await node.reaches("leading");
    for (const change of ["migrate", "rollback", "reset"]) {
        const refused = await db(change, ...(change === "reset" ? ["--dangerWillRobinson"] : []));
        expect([refused.code, refused.stderr], change).toEqual([1, expect.stringContaining("migrated leads on this database")]);
    }
    expect((await db("version")).stderr, "looking is allowed").toContain("Database version: 153\n");
    expect((await lab.database.query("select epoch from baton.leadership")).length, "nothing was dropped").toBe(1);
    await node.reaches("leading");

    await node.stop();
    expect((await db("rollback")).stderr).toContain("Baton has no step back");
    expect((await db("reset")).stderr).toContain("cannot reset database named");
    node.start();
    await node.reaches("leading");
});

test.each<LockingMode>(["dual", "lease"])("%s: node db migrate, killed in the middle, is followed at once and named", async (mode) => {
    lab = await Lab.start({ mode });
    const node = await lab.node("standby");
    // Holds the lease by then, and waits for the end of this transaction, which makes a table that it makes too.
    const other = await lab.database.connect();
    await other.query("begin; create table users (id int)");
    const command = node.begin(["node", "db", "migrate"], { HA_NAME: "elsewhere" });
    await eventually("the command is at work", async () =>
        (await lab.database.value("select count(*) from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.application_name like 'Baton %'")) === 1);
    expect(await lab.database.value("select expires_at > now() + interval '1 minute' from lease_lock")).toBe(true);
    const said = (text: string) => eventually(text, async () => node.log().includes(text));
    node.start();
    await said("standby: waiting for elsewhere (node db migrate), which holds the watch lock");
    const asked = () => node.log().split("waiting for lease to expire").length;
    const before = asked();
    command.kill("SIGKILL");
    await said("took the lease of elsewhere (node db migrate), which is gone");
    expect(asked(), "the end of the lease was not waited for").toBeLessThanOrEqual(before + 1);
    await other.query("rollback");
    await other.end();
    await node.reaches("leading");
});

test("node db reset empties a database whose name ends in _test", async () => {
    const server = await PostgresServer.at(process.env.BATON_TEST_DATABASE_URL!);
    const database = await server.createDatabase(`baton_reset_${process.pid}_test`);
    lab = await Lab.start({ database });
    const node = await lab.node("reset");
    node.start();
    await node.reaches("leading");
    await node.stop();
    const done = await node.command(["node", "db", "reset"]);
    expect([done.code, done.stderr], done.stderr).toEqual([0, expect.stringContaining("the schema of v1.11.0 was created")]);
    expect(await database.value("select count(*) from users")).toBe(0);
    // The login is gone with its row.
    node.api.session.cookie = "";
    node.start();
    await node.reaches("leading");
    expect((await node.leadership()).history.length).toBe(1);
    await node.stop();
    await database.drop();
});

import { afterEach, describe, expect, test } from "vitest";
import { webhookJob } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import { Pooler, hasPgbouncer } from "../lib/pgbouncer";

let lab: Lab | undefined;
let pooler: Pooler | undefined;
afterEach(async () => {
    await lab?.stop();
    await pooler?.stop();
    lab = pooler = undefined;
});

describe.skipIf(!hasPgbouncer)("behind pgbouncer (Debian package pgbouncer)", () => {
    test.each<LockingMode>(["dual", "lease", "advisorylock", "none"])("%s: transaction pooling is refused by its name", async (mode) => {
        lab = await Lab.start({ mode });
        pooler = await Pooler.start(lab.database.url, "transaction");
        const node = await lab.node("chainlink", { env: { DATABASE_URL: pooler.url(lab.database.url) } });
        node.start();
        expect((await node.ended()).code).toBe(1);
        expect(node.log()).toContain("behind a pooler that gives each transaction another session");
        expect(node.log()).toContain("pool_mode = session");
        expect(await lab.database.value("select count(*) from pg_locks where locktype = 'advisory'")).toBe(0);
    });

    test("a command that takes the locks refuses transaction pooling as well, and leaves none behind", async () => {
        lab = await Lab.start();
        pooler = await Pooler.start(lab.database.url, "transaction");
        const node = await lab.node("chainlink", { env: { DATABASE_URL: pooler.url(lab.database.url) } });
        const refused = await node.command(["node", "db", "migrate"]);
        expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("pool_mode = session")]);
        expect(await lab.database.value("select count(*) from pg_locks where locktype = 'advisory'")).toBe(0);
        expect(await lab.database.value("select count(*) from pg_namespace where nspname = 'baton'")).toBe(0);
    });

    test("session pooling works", async () => {
        lab = await Lab.start();
        pooler = await Pooler.start(lab.database.url, "session");
        const node = await lab.node("chainlink", { env: { DATABASE_URL: pooler.url(lab.database.url) } });
        node.start();
        await node.reaches("leading");
        const webhook = await lab.createJob(node, webhookJob());
        await node.api.expect(200, "POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: 1 });
        expect((await node.stop()).code).toBe(0);
    });
});

import { afterEach, expect, test } from "vitest";
import type { SentRequest } from "../lib/contracts";
import { eventually, pause } from "../lib/eventually";
import { directRequestJob, webhookJob } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import { findFaults, findNonceFaults } from "../lib/ledger";
import { PostgresServer } from "../lib/postgres";

/** HA_SUSPECT_AFTER of these tests, in milliseconds. */
const suspectAfter = 1_000;
const env = { HA_SUSPECT_AFTER: `${suspectAfter}ms` };

let lab: Lab | undefined;
let server: PostgresServer | undefined;
afterEach(async () => {
    for (const node of lab?.nodes ?? []) if (node.alive) node.signal("SIGCONT");
    await lab?.stop();
    server?.stop();
    lab = server = undefined;
});

test.each<LockingMode>(["dual", "lease", "advisorylock", "none"])(
    "%s: a frozen leader is replaced after the suspicion time, and stands by when it wakes up",
    async (mode) => {
        lab = await Lab.start({ mode, env });
        const [primary, secondary] = await lab.pair();
        const sender = await lab.authorizeKeys(primary);
        const job = await lab.createJob(primary, directRequestJob({ operator: lab.contracts.operator }));
        const requester = await lab.contracts.requester(1);
        const requests: SentRequest[] = [];
        const ask = async () => void requests.push(await requester.send(job.externalJobId, { value: requests.length }));
        for (let i = 0; i < 5; ++i) await ask();

        const froze = Date.now();
        primary.signal("SIGSTOP");
        await secondary.reaches("leading", { within: suspectAfter + 2_000 });
        expect(Date.now() - froze).toBeGreaterThan(suspectAfter / 2);
        for (let i = 0; i < 5; ++i) await ask();
        await lab.answered(requests);
        expect((await secondary.leadership()).history[0]).toMatchObject({ instance: "secondary", from: "chainlink", reason: "leader frozen" });

        primary.signal("SIGCONT");
        await primary.reaches("standby");
        await ask();
        await lab.answered(requests);
        await lab.settled();
        expect(await findFaults(lab.contracts, lab.database, requests.map((request) => request.requestId))).toEqual([]);
        expect(await findNonceFaults(lab.contracts, lab.database, sender)).toEqual([]);
        expect(await lab.leader()).toBe("secondary");
        expect((await secondary.leadership()).history.length).toBe(2);
    },
);

test("a database that stalls for several suspicion times is no frozen leader", async () => {
    server = await PostgresServer.start({ fast: true });
    const database = await server.createDatabase();
    lab = await Lab.start({ database, env });
    const [primary, secondary] = await lab.pair();
    const webhook = await lab.createJob(primary, webhookJob());
    const before = await primary.leadership();

    const processes = server.processes();
    processes.forEach((pid) => process.kill(pid, "SIGSTOP"));
    await pause(4 * suspectAfter);
    processes.forEach((pid) => process.kill(pid, "SIGCONT"));

    await eventually("the leader does its work again", async () =>
        (await primary.api.call("POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: 1 })).status === 200);
    expect((await primary.leadership()).history).toEqual(before.history);
    expect(secondary.log()).not.toContain("taken for frozen");
    await database.drop();
});

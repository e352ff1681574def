import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Address } from "viem";
import type { Requester, SentRequest } from "../lib/contracts";
import { type Job, directRequestJob, webhookJob } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import { findFaults, findNonceFaults } from "../lib/ledger";
import type { BatonNode } from "../lib/node";

/** Longest time that a standby may need after an event; v1.11.0 takes 2 to 12.5 seconds. */
const prompt = { within: 2_000 };

describe.each<LockingMode>(["dual", "lease", "advisorylock"])("locking mode %s", (mode) => {
    let lab: Lab;
    let primary: BatonNode;
    let secondary: BatonNode;
    let requester: Requester;
    let job: Job;
    let webhook: Job;
    let sender: Address;
    let requests: SentRequest[];

    beforeEach(async () => {
        lab = await Lab.start({ mode });
        [primary, secondary] = await lab.pair();
        sender = await lab.authorizeKeys(primary);
        job = await lab.createJob(primary, directRequestJob({ operator: lab.contracts.operator }));
        webhook = await lab.createJob(primary, webhookJob());
        requester = await lab.contracts.requester(1);
        requests = [];
    });
    afterEach(() => lab.stop());

    /** The instance does both kinds of work. */
    async function works(node: BatonNode): Promise<void> {
        const { data } = await node.api.expect(200, "POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: requests.length });
        expect(data.attributes.outputs).toEqual([String(requests.length * 10)]);
        requests.push(await requester.send(job.externalJobId, { value: requests.length }));
        await lab.answered(requests);
    }

    async function exactlyOnce(): Promise<void> {
        await lab.settled();
        const ids = requests.map((request) => request.requestId);
        expect(await findFaults(lab.contracts, lab.database, ids)).toEqual([]);
        expect(await findNonceFaults(lab.contracts, lab.database, sender)).toEqual([]);
    }

    const takeovers = async (node: BatonNode) => (await node.leadership()).history.map((entry) => entry.instance).reverse();

    test("maintenance: SIGTERM hands over, and back again", async () => {
        await works(primary);

        expect(await primary.stop("SIGTERM")).toEqual({ code: 0, signal: null });
        await secondary.reaches("leading", prompt);
        await works(secondary);

        primary.start();
        await primary.reaches("standby");
        await works(secondary);
        expect(await secondary.stop("SIGTERM")).toEqual({ code: 0, signal: null });
        await primary.reaches("leading", prompt);
        await works(primary);

        expect(await takeovers(primary)).toEqual(["chainlink", "secondary", "chainlink"]);
        await exactlyOnce();
    });

    test("baton node handover passes control on while both live, and is refused where nobody waits", async () => {
        await works(primary);
        await primary.command(["admin", "login", "-f", primary.apiFile]);
        await secondary.command(["admin", "login", "-f", secondary.apiFile]);

        const done = await primary.command(["node", "handover"]);
        expect(done, done.stderr).toMatchObject({ code: 0, stdout: "The leadership is handed over.\n" });
        await secondary.reaches("leading", prompt);
        await works(secondary);
        expect((await secondary.leadership()).history[0]).toMatchObject({ from: "chainlink", reason: "handover" });
        await primary.stop("SIGTERM");
        const alone = await secondary.command(["node", "handover"]);
        expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining("no other instance waits")]);
        await works(secondary);
        await exactlyOnce();
    });

    test("failover: a killed primary comes back and waits, a restart of the secondary gives control back", async () => {
        await works(primary);

        await primary.stop("SIGKILL");
        await secondary.reaches("leading", prompt);
        await works(secondary);

        primary.start();
        await primary.reaches("standby");
        await primary.logs(/Another application (is currently holding the database lease|holds the advisory lock)/);
        await works(secondary);
        expect(await lab.leader()).toBe("secondary");

        await secondary.stop("SIGKILL");
        secondary.start();
        await primary.reaches("leading", prompt);
        await secondary.reaches("standby");
        await works(primary);

        expect(await takeovers(secondary)).toEqual(["chainlink", "secondary", "chainlink"]);
        await exactlyOnce();
    });
});

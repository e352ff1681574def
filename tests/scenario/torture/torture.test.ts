import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../../lib/eventually";
import { type Job, webhookJob } from "../../lib/jobs";
import { Lab } from "../../lib/lab";
import { testSeed } from "../../lib/random";
import { findForeignWrites, startAudit } from "./audit";
import { findCallFaults, findGapFaults } from "./checker";
import type { Call } from "./load";
import { storm } from "./storm";

test("three instances, a random fault every half second for a minute: nothing lost, nothing twice, no write of a former leader", async () => {
    const { faults, lines } = await storm({ seed: testSeed("torture"), milliseconds: 60_000 });
    console.log(lines.join("\n"));
    expect(faults).toEqual([]);
}, 300_000);

describe("the checker is not blind", () => {
    let lab: Lab;
    afterEach(() => lab.stop());

    /** In the test's database only: as if the program had neither fence nor power over the former leader's sessions. */
    const withoutFence = `
        create or replace function baton.fence_1(expected_epoch bigint, expected_token uuid) returns void language plpgsql as $$ begin end $$;
        create or replace function baton.fence_2(expected_epoch bigint, expected_token uuid) returns void language plpgsql as $$ begin end $$;
        create or replace function baton.fence_3(expected_epoch bigint, expected_token uuid) returns void language plpgsql as $$ begin end $$;
        create or replace function baton.opening_fence_1(expected_epoch bigint, expected_token uuid) returns void language plpgsql as $$ begin end $$;
        create or replace function baton.terminate_sessions_1(id_start text, out ended integer, out refused integer)
            language plpgsql as $$ begin ended := 0; refused := 0; end $$`;

    /** The leader is killed while its server process waits in the middle of a commit, and goes on when the next one leads. */
    async function aKilledLeaderCommitsLater(): Promise<{ webhook: Job; call: Call }> {
        const [primary, secondary] = await lab.pair();
        const webhook = await lab.createJob(primary, webhookJob());
        await startAudit(lab.database);
        return { webhook, call: await commitAcrossATakeover() };

        async function commitAcrossATakeover(): Promise<Call> {
            const call: Call = { key: "order-1", value: 1, begun: Date.now(), runs: [] };
            const ask = (node: typeof primary) =>
                node.api.call("POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: 1 }, { "Idempotency-Key": call.key });
            const blocker = await lab.database.connect();
            await blocker.query("begin; lock table pipeline_runs in share mode");
            const lost = ask(primary).catch(() => undefined);
            await eventually("the leader's commit waits", async () =>
                (await lab.database.value("select count(*) from pg_locks where relation = 'pipeline_runs'::regclass and not granted")) > 0);
            await primary.stop("SIGKILL");
            await lost;
            await secondary.reaches("leading");
            await blocker.query("rollback");
            await blocker.end();
            await eventually("no session of the killed leader is left", async () =>
                (await lab.database.value(`select count(*) from pg_stat_activity a join baton.instances i
                    on position(left(i.client_id::text, 28) in a.application_name) > 0 where i.name = 'chainlink'`)) === 0);
            const answer = await ask(secondary);
            if (answer.status === 200) call.answeredAt = Date.now(), call.runs.push(answer.body.data.id);
            return call;
        }
    }

    test("without the fence it sees the write of a former leader", async () => {
        lab = await Lab.start();
        const [first] = await lab.pair();
        await first.stop("SIGKILL");
        await lab.nodes[1]!.stop("SIGKILL");
        lab.nodes.length = 0;
        await lab.database.script(withoutFence);
        await aKilledLeaderCommitsLater();
        expect(await findForeignWrites(lab.database)).toContainEqual(
            expect.stringMatching(/1 rows of pipeline_runs committed by "Baton .*" while secondary led/));
    });

    test("with the fence there is none, and the call is answered once", async () => {
        lab = await Lab.start();
        const { webhook, call } = await aKilledLeaderCommitsLater();
        expect(await findForeignWrites(lab.database)).toEqual([]);
        expect(await findCallFaults(lab.database, webhook, [call])).toEqual([]);

        // And what is lost, doubled or late is named.
        await lab.database.query("delete from baton.requests");
        await lab.database.query("insert into pipeline_runs (pipeline_spec_id, meta, inputs, state, created_at) select pipeline_spec_id, meta, inputs, 'running', now() from pipeline_runs");
        const unheard: Call = { key: "order-2", value: 2, begun: Date.now(), runs: ["4711"], answeredAt: call.answeredAt! + 1_001 };
        expect(await findCallFaults(lab.database, webhook, [call, unheard])).toEqual([
            "order-1: 2 runs instead of 1",
            "order-2: 0 runs instead of 1",
            "order-2: the run 4711 that was answered is not there",
        ]);
        expect(findGapFaults([call, unheard], 1_000)).toEqual(["for 1001 ms nobody answered; 1000 ms are allowed"]);
    });
});

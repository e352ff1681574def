import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { eventually, pause } from "../lib/eventually";
import type { Answer } from "../lib/http";
import { type Job, webhookJob } from "../lib/jobs";
import { Lab, type LabOptions } from "../lib/lab";
import type { BatonNode } from "../lib/node";

let lab: Lab;
let primary: BatonNode;
let secondary: BatonNode;
let job: Job;

async function start(options: LabOptions = {}): Promise<void> {
    lab = await Lab.start(options);
    [primary, secondary] = await lab.pair();
    job = await lab.createJob(primary, webhookJob());
}
afterEach(async () => {
    for (const node of lab?.nodes ?? []) if (node.alive) node.signal("SIGCONT");
    await lab?.stop();
});

const run = (node: BatonNode, value: number, key?: string): Promise<Answer> =>
    node.api.call("POST", `/v2/jobs/${job.externalJobId}/runs`, { value }, key ? { "Idempotency-Key": key } : {});
const storedRuns = () => lab.database.value<number>("select count(*) from pipeline_runs");
const isStandby = (node: BatonNode) =>
    eventually(`${node.name} stands by`, async () => (await node.api.call("GET", "/standby")).status === 200);
const leads = (node: BatonNode, within = 3_000) =>
    eventually(`${node.name} leads`, async () => (await node.api.call("GET", "/leader")).status === 200, { within, every: 5 });

describe("a pair", () => {
    test("a write at the standby is done by the leader, as the one who asked", async () => {
        await start();
        const spec = webhookJob({ name: "made through the standby" });
        const made = await secondary.api.expect(200, "POST", "/v2/jobs", { toml: spec.toml });
        const { data } = await secondary.api.expect(200, "POST", `/v2/jobs/${spec.externalJobId}/runs`, { value: 4 });
        expect(data.attributes.outputs).toEqual(["40"]);
        expect((await primary.api.get(`/v2/jobs/${made.data.id}/runs/${data.id}`)).data.id).toBe(data.id);
        // What the leader refuses, the caller gets as it is.
        const refused = await secondary.api.call("POST", "/v2/jobs", { toml: "type = 1" });
        expect([refused.status, refused.body]).toEqual([422, (await primary.api.call("POST", "/v2/jobs", { toml: "type = 1" })).body]);
        await secondary.api.expect(204, "DELETE", `/v2/jobs/${made.data.id}`);
        expect((await primary.api.call("GET", `/v2/jobs/${made.data.id}`)).status).toBe(404);

        const cookie = lab.session.cookie;
        lab.session.cookie = "";
        expect((await run(secondary, 1)).status).toBe(401);
        lab.session.cookie = cookie;
    });

    test("an API token is good on both, also for what is passed on", async () => {
        await start();
        const [key, secret, salt] = ["0123456789abcdef0123456789abcdef", "a secret of the tests", "a salt"];
        const hash = createHash("sha3-256").update(`v0-${key}-${secret}-${salt}`).digest("hex");
        await lab.database.query(`update users set token_key = '${key}', token_salt = '${salt}', token_hashed_secret = '${hash}'`);
        lab.session.cookie = "";
        for (const node of [primary, secondary]) {
            const path = `/v2/jobs/${job.externalJobId}/runs`;
            const call = (token: string) => node.api.call("POST", path, { value: 1 }, { "X-API-KEY": key, "X-API-SECRET": token });
            expect([(await call(secret)).status, (await call("wrong")).status]).toEqual([200, 401]);
        }
    });

    test("baton node handover at the standby is passed on: it leads then", async () => {
        await start();
        await secondary.command(["admin", "login", "-f", secondary.apiFile]);
        const done = await secondary.command(["node", "handover"]);
        expect(done, done.stderr).toMatchObject({ code: 0, stdout: "The leadership is handed over.\n" });
        await leads(secondary);
    });

    test("calls under way on the old leader at a handover are answered, reads and runs alike", async () => {
        await start();
        const wrong: unknown[] = [];
        let sent = 0;
        let over = false;
        const ask = async (one: () => Promise<Answer>) => {
            while (!over) {
                const { status, body } = await one();
                ++sent;
                if (status !== 200) wrong.push([status, body]);
            }
        };
        const callers = Array.from({ length: 8 }, (_, i) =>
            ask(i % 2 ? () => primary.api.call("GET", "/v2/pipeline/runs?size=50") : () => run(primary, i)));
        for (let change = 0; change < 6; ++change) {
            const [leader, standby] = change % 2 ? [secondary, primary] : [primary, secondary];
            await pause(150);
            await leader.api.expect(204, "POST", "/v2/leadership/handover");
            await leads(standby);
            await isStandby(leader);
        }
        over = true;
        await Promise.all(callers);
        expect(wrong).toEqual([]);
        expect(sent).toBeGreaterThan(100);
    });
});

test.each(["SIGKILL", "SIGTERM", "SIGSTOP"] as const)("calls at the standby while leaders get %s: each answered 200, each key one run", async (signal) => {
    const rounds = signal === "SIGSTOP" ? 2 : 10;
    await start({ env: { HA_SUSPECT_AFTER: "500ms" } });
    const answers: { key: string; value: number; answer: Answer }[] = [];
    for (let round = 0; round < rounds; ++round) {
        const [leader, standby] = round % 2 ? [secondary, primary] : [primary, secondary];
        const calls = Array.from({ length: 20 }, async (_, i) => {
            await pause(i * 5);
            const value = round * 20 + i;
            answers.push({ key: `key-${value}`, value, answer: await run(standby, value, `key-${value}`) });
        });
        await pause(50);
        if (signal === "SIGSTOP") leader.signal(signal);
        else await leader.stop(signal);
        await Promise.all(calls);
        if (signal === "SIGSTOP") leader.signal("SIGCONT");
        else leader.start();
        await leads(standby);
        await isStandby(leader);
    }
    expect(answers.filter(({ answer }) => answer.status !== 200).map(({ answer }) => [answer.status, answer.body])).toEqual([]);
    expect(await storedRuns()).toBe(rounds * 20);
    expect(new Set(answers.map(({ answer }) => answer.body.data.id)).size).toBe(rounds * 20);
    for (const { key, value, answer } of answers.slice(0, 40)) {
        expect(answer.body.data.attributes.outputs).toEqual([String(value * 10)]);
        for (const node of [primary, secondary]) expect((await run(node, value, key)).body.data.id).toBe(answer.body.data.id);
    }
});

test("a leader that hangs does not exhaust the standby: many wait, the rest is told to come again, reads go on", async () => {
    await start({ env: { HA_SUSPECT_AFTER: "3s" } });
    primary.signal("SIGSTOP");
    const calls = Array.from({ length: 300 }, (_, value) => run(secondary, value));
    const refused = await Promise.race(calls);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    const asked = Date.now();
    expect((await secondary.api.call("GET", "/v2/jobs")).status).toBe(200);
    expect(Date.now() - asked).toBeLessThan(1_000);
    const statuses = (await Promise.all(calls)).map((answer) => answer.status);
    expect(statuses.filter((status) => status === 200).length).toBe(256);
    expect(statuses.filter((status) => status === 503).length).toBe(44);
    expect(await storedRuns()).toBe(256);
});

test("switched off, the standby refuses with the leader's address and when to come again", async () => {
    await start({ env: { HA_FORWARD_WRITES: "false" } });
    const answer = await run(secondary, 1);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(JSON.stringify(answer.body)).toContain(`:${primary.port}`);
    expect(await storedRuns()).toBe(0);
});

test("an advertised address that leads to the wrong instance makes no loop, and the answer says what is wrong", async () => {
    lab = await Lab.start({ env: { HA_FORWARD_TIMEOUT: "2s" } });
    secondary = await lab.node("secondary");
    primary = await lab.node("chainlink", { env: { HA_ADVERTISE_URL: secondary.api.url } });
    primary.start();
    await primary.reaches("leading");
    job = await lab.createJob(primary, webhookJob());
    secondary.start();
    await secondary.reaches("standby");
    const answer = await run(secondary, 1);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(JSON.stringify(answer.body)).toContain(`the leader is chainlink at ${secondary.api.url}; the call was not passed on: chainlink: it does not lead`);
    expect((await run(primary, 1)).status).toBe(200);
});

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Adapter } from "../lib/adapter";
import { Child } from "../lib/child";
import { eventually, pause } from "../lib/eventually";
import { Api } from "../lib/http";
import { webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { checkout, logFolder, scratchFolder } from "../lib/paths";
import { freePort } from "../lib/ports";
import { findCallFaults } from "./torture/checker";
import { WebhookLoad } from "./torture/load";

let lab: Lab;
let first: BatonNode;
let second: BatonNode;
let balancer: Child | undefined;
const folders: string[] = [];

beforeAll(async () => {
    lab = await Lab.start();
    [first, second] = await lab.pair();
});
afterAll(() => lab?.stop());
// Whatever went wrong before, each test finds two instances.
beforeEach(async () => {
    for (const node of [first, second]) {
        if (!node.alive) node.start();
        await eventually(`${node.name} leads or stands by`, async () => (await status(node, "/leader")) === 200 || (await status(node, "/standby")) === 200);
    }
});
afterEach(async () => {
    await balancer?.stop("SIGKILL");
    balancer = undefined;
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const status = async (node: BatonNode, path: string, method = "GET") => (await node.api.call(method, path)).status;

test("/leader and /standby tell the two apart, and follow a takeover; no limit counts them", async () => {
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
        expect([await status(first, "/leader", method), await status(first, "/standby", method)]).toEqual([200, 503]);
        expect([await status(second, "/leader", method), await status(second, "/standby", method)]).toEqual([503, 200]);
    }
    await first.stop("SIGKILL");
    await eventually("the second instance leads", async () => (await status(second, "/leader")) === 200, { within: 2_000, every: 5 });
    expect(await status(second, "/standby")).toBe(503);
    first.start();
    await eventually("the first instance stands by", async () => (await status(first, "/standby")) === 200);
    expect(await status(first, "/leader")).toBe(503);
});

/** Who leads, and who waits. */
async function roles(): Promise<[BatonNode, BatonNode]> {
    return (await status(first, "/leader")) === 200 ? [first, second] : [second, first];
}

interface Balancer {
    name: string;
    program: string;
    /** Starts it with the configuration of deploy/, listening on the port. */
    start: (port: number) => Child;
    /** It knows who leads, and gives every call to that one. */
    knowsLeader: boolean;
    /** It repeats every call that may be repeated, however its connection broke. */
    repeats: boolean;
}

const balancers: Balancer[] = [
    { name: "HAProxy with deploy/haproxy/haproxy.cfg", program: "/usr/sbin/haproxy", start: startHaproxy, knowsLeader: true, repeats: false },
    { name: "nginx with deploy/nginx/baton.conf", program: "/usr/sbin/nginx", start: startNginx, knowsLeader: false, repeats: true },
];

function startHaproxy(port: number): Child {
    const config = join(checkout, "deploy/haproxy/haproxy.cfg");
    const env = {
        BATON_LISTEN: `127.0.0.1:${port}`,
        BATON_FIRST: `127.0.0.1:${first.port}`,
        BATON_SECOND: `127.0.0.1:${second.port}`,
    };
    return Child.start("/usr/sbin/haproxy", ["-db", "-f", config], { logFile: join(logFolder, "haproxy.log"), env });
}

/** nginx knows no variables for addresses: they are set as a person does. */
function startNginx(port: number): Child {
    const folder = scratchFolder("nginx");
    folders.push(folder);
    let baton = readFileSync(join(checkout, "deploy/nginx/baton.conf"), "utf8");
    const addresses = { "listen 6680": `listen 127.0.0.1:${port}`, "10.0.0.1:6688": `127.0.0.1:${first.port}`, "10.0.0.2:6688": `127.0.0.1:${second.port}` };
    for (const [written, set] of Object.entries(addresses)) {
        if (!baton.includes(written)) throw new Error(`deploy/nginx/baton.conf has no "${written}"`);
        baton = baton.replace(written, set);
    }
    writeFileSync(join(folder, "baton.conf"), baton);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `${what}_temp_path ${folder}/${what};`).join(" ");
    writeFileSync(join(folder, "nginx.conf"), `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr info;
events {}
http { access_log off; ${temporary} include baton.conf; }
`);
    return Child.start("/usr/sbin/nginx", ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], { logFile: join(logFolder, "nginx.log") });
}

describe.each(balancers)("$name", ({ program, start, knowsLeader, repeats }) => {
    const installed = existsSync(program);

    /** Asked by a method that HAProxy does not ask again at the other instance. */
    async function onlyTheLeaderAnswers(through: Api): Promise<boolean> {
        for (let call = 0; call < 4; ++call) {
            if ((await through.call("OPTIONS", "/leader")).status !== 200) return false;
        }
        return true;
    }

    async function balance(): Promise<Api> {
        const port = await freePort();
        balancer = start(port);
        const through = new Api(`http://127.0.0.1:${port}`, lab.session);
        await eventually("it answers", async () => (await through.call("GET", "/v2/leadership")).status === 200);
        // Until its first checks are over it takes both instances for leaders, and gives them calls by turns.
        if (knowsLeader) await eventually("it knows the leader", () => onlyTheLeaderAnswers(through));
        return through;
    }

    /** Reads until it is told to stop; gives how often each status came, 0 for no answer. */
    function read(api: Api): () => Promise<Map<number, number>> {
        const statuses = new Map<number, number>();
        let over = false;
        const reading = (async () => {
            while (!over) {
                const seen = await api.call("GET", "/v2/jobs").then((answer) => answer.status, () => 0);
                statuses.set(seen, (statuses.get(seen) ?? 0) + 1);
                await pause(10);
            }
        })();
        return async () => {
            over = true;
            await reading;
            return statuses;
        };
    }

    /** Answers that are none, of a number of callers with one call each at a time. */
    function expectAnswers(statuses: Map<number, number>, callers: number, kills: number): void {
        const failures = [...statuses].filter(([status]) => status !== 200);
        if (repeats) expect(failures).toEqual([]);
        // HAProxy repeats a call when its connection ended, but not when it was reset: that happens to what arrives in the instant of the kill.
        expect(failures.filter(([status]) => status !== 0 && status !== 502)).toEqual([]);
        expect(failures.reduce((sum, [, count]) => sum + count, 0)).toBeLessThanOrEqual(callers * kills);
    }

    test.skipIf(!installed)("leaders are killed and hand over under load: nothing is lost, and each key is one run", async () => {
        const through = await balance();
        const job = await lab.createJob((await roles())[0], webhookJob());
        const calls = new WebhookLoad([{ name: "the balancer", api: through }], job, 4);
        calls.start();
        const readsEnd = read(through);
        const changes = 6;
        for (let change = 0; change < changes; ++change) {
            await pause(700);
            const [leader, standby] = await roles();
            if (change % 2) await leader.api.expect(204, "POST", "/v2/leadership/handover");
            else await leader.stop("SIGKILL");
            await eventually(`${standby.name} leads`, async () => (await status(standby, "/leader")) === 200, { within: 3_000, every: 5 });
            await pause(700);
            if (!leader.alive) leader.start();
            await eventually(`${leader.name} stands by`, async () => (await status(leader, "/standby")) === 200);
        }
        await calls.stop();
        const reads = await readsEnd();
        console.log(`answers by status: calls ${[...calls.statuses].join(" ")}, reads ${[...reads].join(" ")}; the longest call took ${
            Math.max(...calls.calls.map(({ begun, answeredAt }) => answeredAt! - begun))} ms`);
        expectAnswers(calls.statuses, 4, changes / 2);
        expectAnswers(reads, 1, changes / 2);
        expect([...calls.oddities, ...(await findCallFaults(lab.database, job, calls.calls))]).toEqual([]);
    });

    test.skipIf(!installed)("a call without a key that dies with its leader is not sent twice", async () => {
        const through = await balance();
        const adapter = await Adapter.start();
        try {
            adapter.reply("/work", { delay: 60_000 });
            const [leader, standby] = await roles();
            const job = await lab.createJob(leader, webhookJob({ adapterUrl: adapter.url("/work") }));
            // One call for each instance, where they take turns.
            const calls = [1, 2].map((value) => through.call("POST", `/v2/jobs/${job.externalJobId}/runs`, { value }).then((answer) => answer.status, () => 0));
            await eventually("both runs are under way", () => adapter.asked.get("/work") === 2);
            await leader.stop("SIGKILL");
            adapter.reply("/work", {});
            const answers = await Promise.all(calls);
            // What the standby passed on it does now itself: it gave that call a key.
            const answered = answers.filter((status) => status === 200);
            expect(answers.filter((status) => status === 0 || status === 502).length).toBe(2 - answered.length);
            expect(answered.length).toBe(knowsLeader ? 0 : 1);
            expect(adapter.asked.get("/work")).toBe(2 + answered.length);
            await eventually(`${standby.name} leads`, async () => (await status(standby, "/leader")) === 200);
            leader.start();
            await eventually(`${leader.name} stands by`, async () => (await status(leader, "/standby")) === 200);
        } finally {
            await adapter.stop();
        }
    });
});

describe.skipIf(!existsSync("/usr/sbin/haproxy"))("HAProxy", () => {
    test("sends calls to the leader, whoever that is", async () => {
        const port = await freePort();
        balancer = startHaproxy(port);
        const through = new Api(`http://127.0.0.1:${port}`, lab.session);
        await eventually("HAProxy answers", async () => (await through.call("GET", "/leader")).status === 200);
        for (let change = 0; change < 2; ++change) {
            const [leader, standby] = await roles();
            expect((await through.get("/v2/leadership")).data.attributes.name).toBe(leader.name);
            await leader.stop("SIGKILL");
            await eventually("HAProxy follows", async () => {
                expect((await through.get("/v2/leadership")).data.attributes).toMatchObject({ name: standby.name, state: "leading" });
                return true;
            }, { within: 5_000 });
            leader.start();
            await eventually(`${leader.name} stands by`, async () => (await status(leader, "/standby")) === 200);
        }
    });
});

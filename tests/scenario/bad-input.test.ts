import { type Server, createServer } from "node:http";
import { type Socket, createServer as createTcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { directRequestJob, webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { findFaults } from "../lib/ledger";
import { type BatonNode } from "../lib/node";
import { freePort } from "../lib/ports";

describe("what a person or the chain may send to a running node", () => {
    let lab: Lab;
    let node: BatonNode;
    beforeAll(async () => {
        lab = await Lab.start();
        node = await lab.node("bad-input");
        node.start();
        await node.reaches("leading");
        await lab.authorizeKeys(node);
    });
    afterAll(() => lab?.stop());

    /** The node refuses, stores nothing and lives. */
    async function refused(toml: string, status: number, detail: string | RegExp): Promise<void> {
        const count = async () =>
            lab.database.value<number>(
                "select (select count(*) from jobs) + (select count(*) from pipeline_specs) + (select count(*) from direct_request_specs) + (select count(*) from webhook_specs)",
            );
        const before = await count();
        const answer = await node.api.call("POST", "/v2/jobs", { toml });
        expect(answer.body.errors?.[0]?.detail).toMatch(detail);
        expect(answer.status).toBe(status);
        expect(await count()).toBe(before);
        await node.api.get("/v2/jobs");
    }

    const webhookWith = (source: string) =>
        `type = "webhook"\nschemaVersion = 1\nobservationSource = """\n${source}\n"""\n`;

    test("broken TOML", () => refused('type = "webhook\nschemaVersion = 1', 422, /^failed to parse TOML: /));

    test("a graph with a cycle", () =>
        refused(webhookWith('a [type=multiply input=1 times=2]\nb [type=multiply input="$(a)" times=2]\na -> b -> a'), 422,
            "Unable to topologically sort the graph, cycle detected: topo: no topological ordering: cyclic components: [[a b]]"));

    test("an unknown task", () =>
        refused(webhookWith("a [type=divinate]"), 422, 'UnmarshalTaskFromMap: unknown task type: "divinate"'));

    test("an unknown job type", () =>
        refused('type = "oracle"\nschemaVersion = 1\n', 422, "failed to parse TOML: invalid job type"));

    test("a contract address without checksum", () =>
        refused(directRequestJob({ operator: lab.contracts.operator.toLowerCase() as any }).toml, 400,
            /is not a valid EIP55 formatted address/));

    test("a body over the limit", async () => {
        const answer = await node.api.call("POST", "/v2/jobs", { toml: "#".repeat(40_000) });
        expect(answer.status).toBe(413);
        expect(answer.body).toBe("request too large");
        await node.api.get("/v2/jobs");
    });

    test("no body", async () => {
        const answer = await node.api.call("POST", "/v2/jobs");
        expect([answer.status, answer.body]).toEqual([422, { errors: [{ detail: "EOF" }] }]);
    });

    test("a run of a job that does not exist, and an id that is none", async () => {
        const unknown = await node.api.call("POST", "/v2/jobs/5ac14e87-6297-4726-b1f1-1ae053fc829e/runs", {});
        expect([unknown.status, unknown.body.errors[0].detail]).toEqual([404, "job does not exist"]);
        const none = await node.api.call("POST", "/v2/jobs/not-an-id/runs", {});
        expect([none.status, none.body.errors[0].detail]).toEqual([422, "bad job ID"]);
    });

    test("a webhook whose body is not what the job expects is a run with an error, and an answer", async () => {
        const job = await lab.createJob(node, webhookJob());
        const { data } = await node.api.expect(200, "POST", `/v2/jobs/${job.externalJobId}/runs`, "no JSON {");
        expect(data.attributes.outputs).toEqual([null]);
        expect(data.attributes.fatalErrors[0]).toBeTruthy();
    });

    test("log data that is not CBOR is a run with an error; the next request is answered", async () => {
        const job = await lab.createJob(node, directRequestJob({ operator: lab.contracts.operator }));
        const requester = await lab.contracts.requester(1);
        const broken = await requester.send(job.externalJobId, "0xff00ff");
        const good = await requester.send(job.externalJobId, { value: 1 });
        await lab.answered([good]);
        await lab.settled();
        expect(await findFaults(lab.contracts, lab.database, [good.requestId])).toEqual([]);
        const states = await lab.database.query(
            "select state::text from pipeline_runs where inputs #>> '{jobRun,meta,oracleRequest,requestId}' = $1",
            [broken.requestId],
        );
        expect(states).toEqual([{ state: "errored" }]);
        expect(await lab.contracts.answered()).not.toContain(broken.requestId);
    });

    test("wrong password and unknown user at login", async () => {
        const wrong = await node.api.call("POST", "/sessions", { email: "operator@example.org", password: "wrong-password-0123456789" });
        expect([wrong.status, wrong.body.errors[0].detail]).toEqual([401, "Invalid password"]);
        const unknown = await node.api.call("POST", "/sessions", { email: "nobody@example.org", password: "x" });
        expect(unknown.status).toBe(401);
    });
});

/** Servers that are no Ethereum nodes. */
const strangers: Record<string, () => Server | ReturnType<typeof createTcpServer>> = {
    "answers garbage": () => createServer((_, response) => response.end("<html>not an Ethereum node</html>")),
    "closes every connection": () => createTcpServer((socket) => socket.destroy()),
    "never answers": () => createTcpServer(() => {}),
};

describe("an RPC endpoint that", () => {
    test.each(Object.keys(strangers))("%s: the node lives, says so, and goes on when the endpoint is right again", async (kind) => {
        const lab = await Lab.start();
        const port = await freePort();
        const stranger = strangers[kind]!();
        const sockets = new Set<Socket>();
        stranger.on("connection", (socket: Socket) => void sockets.add(socket));
        await new Promise<void>((done) => stranger.listen(port, "127.0.0.1", done));
        try {
            const node = await lab.node(`rpc-${kind.split(" ")[0]}`, {
                env: { ETH_URL: `ws://127.0.0.1:${port}`, ETH_HTTP_URL: `http://127.0.0.1:${port}` },
            });
            node.start();
            await node.reaches("leading");
            const webhook = await lab.createJob(node, webhookJob());
            await node.api.expect(200, "POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: 1 });
            await node.logs(new RegExp(`\\b${port}\\b`));
            expect(node.alive).toBe(true);
        } finally {
            sockets.forEach((socket) => socket.destroy());
            stranger.close();
            await lab.stop();
        }
    });

    test("serves another chain: one line names both ids, nothing is sent", async () => {
        const lab = await Lab.start({ env: { ETH_CHAIN_ID: "1337" } });
        try {
            const node = await lab.node("rpc-other-chain");
            node.start();
            await eventually("a line of the log names both chain ids", () =>
                node.log().split("\n").some((line) => /\b1337\b/.test(line) && /\b31337\b/.test(line)));
            expect(await lab.database.value<number>("select count(*) from eth_txes").catch(() => 0)).toBe(0);
        } finally {
            await lab.stop();
        }
    });
});

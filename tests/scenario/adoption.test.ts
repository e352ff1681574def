import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Hex } from "viem";
import { Adapter } from "../lib/adapter";
import { Chain } from "../lib/chain";
import { Contracts, Requester } from "../lib/contracts";
import { Hopeless, eventually } from "../lib/eventually";
import { type Fixture, type FixtureName, chainStateFile, loadFixture, writeSecret } from "../lib/fixtures";
import { Api, Session } from "../lib/http";
import { Lab } from "../lib/lab";
import { findFaults, readLedger } from "../lib/ledger";
import type { BatonNode } from "../lib/node";
import { fixturesFolder } from "../lib/paths";
import { writeFileSync } from "node:fs";

/** A node on a database that a real v1.11.0 left, and the chain of that moment. */
class Adopted {
    private constructor(
        readonly lab: Lab,
        readonly chain: Chain,
        readonly node: BatonNode,
        readonly fixture: Fixture,
        /** What the bridges of the fixture point at, on a port of its own. */
        readonly adapter: Adapter,
    ) {}

    static async start(name: Exclude<FixtureName, "first-boot">): Promise<Adopted> {
        const chain = await Chain.start({ name, loadState: chainStateFile(name), blockTime: 1 });
        // The addresses are the same in both fixtures and needed before the database is filled.
        const contracts = new Contracts(chain, "0x5FbDB2315678afecb367f032d93F642f64180aa3", "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512");
        const lab = await Lab.start({ chain, contracts });
        const schemaMaker = await lab.node(`${name}-schema`);
        schemaMaker.start();
        await schemaMaker.reaches("leading");
        await schemaMaker.stop("SIGTERM");
        lab.session.cookie = "";

        const fixture = await loadFixture(name, lab.database);
        const adapter = await Adapter.start();
        adapter.reply("/price", { body: { data: { result: 4321 } } });
        adapter.reply("/slow", { body: { data: { result: 7 } } });
        adapter.reply("/broken", { status: 500, body: { error: "adapter is broken" } });
        adapter.reply("/async", { body: { pending: true } });
        await lab.database.query("update bridge_types set url = replace(url, 'http://127.0.0.1:19680', $1)", [adapter.url("")]);
        const node = await lab.node(name);
        writeFileSync(node.passwordFile, fixture.keyPassword);
        writeSecret(fixture, node.root);
        node.start();
        const { email, password } = fixture.users[0]!;
        await eventually(`${name}: the node lets its operator in (log: ${node.logFile})`, async () => {
            if (!node.alive) throw new Hopeless("the process has ended");
            await node.api.login(email, password);
            return true;
        });
        await node.reaches("leading", { within: 20_000 });
        return new Adopted(lab, chain, node, fixture, adapter);
    }

    async stop(): Promise<void> {
        await this.lab.stop();
        await this.chain.stop();
        await this.adapter.stop();
    }

    /** Requests of the jobs that use only tasks of this version. */
    ids(...jobs: number[]): Hex[] {
        return this.fixture.requests.filter((request) => jobs.includes(request.job)).map((request) => request.requestId);
    }
}

/** What needs a part that this version does not have; named, so that nobody takes it for proved. */
const beyond = {
    cron: "needs cron jobs",
    initiators: "needs external initiators",
    keys: "needs the lists of the other key classes",
    tokens: "needs API tokens",
};

describe.skipIf(!fixturesFolder)("a database of v1.11.0 that was stopped in order", () => {
    let adopted: Adopted;
    beforeAll(async () => void (adopted = await Adopted.start("settled")));
    afterAll(() => adopted?.stop());

    test("every user logs in with the old password", async () => {
        for (const { email, password } of adopted.fixture.users) {
            const api = new Api(adopted.node.api.url, new Session());
            await api.login(email, password);
            await api.get("/v2/jobs");
        }
    });

    test("a session of v1.11.0 stays valid, by its cookie and the secret file", async () => {
        const api = new Api(adopted.node.api.url, new Session(adopted.fixture.sessionCookie));
        expect((await api.call("GET", "/v2/jobs")).status).toBe(200);
    });

    test("the sending keys are those of the fixture", async () => {
        const { data } = await adopted.node.api.get("/v2/keys/eth");
        const addresses = data.map((key: any) => key.attributes.address).sort();
        expect(addresses).toEqual(Object.values(adopted.fixture.sendingKeys).sort());
    });

    test("all jobs are there", async () => {
        const { data } = await adopted.node.api.get("/v2/jobs");
        const names = data.map((job: any) => job.attributes.name).sort();
        expect(names).toEqual(adopted.fixture.jobs.map((job) => job.name).sort());
    });

    test("nothing is answered again, and a new request is answered once", async () => {
        const before = await adopted.lab.contracts.answered();
        // The one that owns the fixture's LINK.
        const requester = new Requester(adopted.lab.contracts, 0);
        await requester.begin();
        const request = await requester.send(adopted.fixture.jobs[0]!.externalJobID, { value: 5 });
        await adopted.lab.answered([request], { within: 20_000 });
        await adopted.lab.settled();
        expect(await findFaults(adopted.lab.contracts, adopted.lab.database, [request.requestId])).toEqual([]);
        expect((await adopted.lab.contracts.answered()).sort()).toEqual([...before, request.requestId].sort());
    });

    test("bridges are listed with their tokens, and bridge jobs go on", async () => {
        const { data } = await adopted.node.api.get("/v2/bridge_types");
        const bridges = Object.values(adopted.fixture.bridges);
        expect(data.map((bridge: any) => [bridge.id, bridge.attributes.outgoingToken]).sort()).toEqual(
            bridges.map((bridge) => [bridge.name, bridge.outgoingToken]).sort(),
        );
        const job = (name: string) => adopted.fixture.jobs.find((one) => one.name === name)!.externalJobID;
        const broken = await adopted.node.api.expect(200, "POST", `/v2/jobs/${job("webhook with broken bridge")}/runs`, {});
        expect(broken.data.attributes.allErrors[0]).toMatch(/^got error from .*\/broken: \(status code 500\) adapter is broken$/);
        const requester = new Requester(adopted.lab.contracts, 0);
        await requester.begin();
        const request = await requester.send(job("direct request by price-adapter, 3 confirmations"), { value: 5 });
        await adopted.chain.control.mine({ blocks: 4 });
        await adopted.lab.answered([request], { within: 20_000 });
        expect(adopted.adapter.asked.get("/price")).toBeGreaterThan(0);
    });
    test.skip(`the cron job goes on (${beyond.cron})`);
    test.skip(`the external initiator starts its job (${beyond.initiators})`);
    test.skip(`keys of the other ten classes are listed (${beyond.keys})`);
    test.skip(`API tokens work (${beyond.tokens})`);
});

describe.skipIf(!fixturesFolder)("a database of v1.11.0 that was killed in the middle of work", () => {
    let adopted: Adopted;
    beforeAll(async () => void (adopted = await Adopted.start("interrupted")));
    afterAll(() => adopted?.stop());

    test("requests of the plain job that were under way or came after the kill are answered, each exactly once", async () => {
        const ids = adopted.ids(1);
        await eventually("all requests of job 1 are answered", async () => {
            const answered = new Set(await adopted.lab.contracts.answered());
            const missing = ids.filter((id) => !answered.has(id));
            if (missing.length) throw new Error(`missing: ${missing.join(", ")}`);
            return true;
        }, { within: 30_000 });
        await eventually("job 1 has nothing left to do", async () => {
            const faults = await findFaults(adopted.lab.contracts, adopted.lab.database, ids);
            if (faults.length) throw new Error(faults.join("; "));
            return true;
        });
    });

    test("requests that wait for ten confirmations get them, and an answer", async () => {
        const ids = adopted.ids(4);
        // What remains is a matter of blocks, not of time.
        await adopted.chain.control.mine({ blocks: 12 });
        await eventually("all requests of job 4 are answered", async () => {
            const answered = new Set(await adopted.lab.contracts.answered());
            return ids.every((id) => answered.has(id));
        }, { within: 30_000 });
        expect(await findFaults(adopted.lab.contracts, adopted.lab.database, ids)).toEqual([]);
    });

    test("after 60 more blocks nothing of these jobs is under way", async () => {
        await adopted.chain.control.mine({ blocks: 60 });
        await eventually("their transactions and runs are finished", async () => {
            const ledger = await readLedger(adopted.lab.contracts, adopted.lab.database);
            const open = adopted.ids(1, 4).map((id) => ledger.get(id)!).filter(
                (entry) => entry.runStates.some((state) => state !== "completed") || entry.transactionStates.some((state) => state !== "confirmed"),
            );
            if (open.length) throw new Error(JSON.stringify(open[0]));
            return true;
        }, { within: 30_000 });
    });

    test("no answer was given twice", async () => {
        const answered = await adopted.lab.contracts.answered();
        expect(answered.length).toBe(new Set(answered).size);
    });

    test("requests held by the slow adapter are finished", async () => {
        const ids = adopted.ids(2, 3);
        await eventually("all requests of jobs 2 and 3 are answered", async () => {
            const answered = new Set(await adopted.lab.contracts.answered());
            const missing = ids.filter((id) => !answered.has(id));
            if (missing.length) throw new Error(`missing: ${missing.join(", ")}`);
            return true;
        }, { within: 30_000 });
        await adopted.chain.control.mine({ blocks: 60 });
        await eventually("their transactions and runs are finished", async () => {
            const faults = await findFaults(adopted.lab.contracts, adopted.lab.database, ids);
            if (faults.length) throw new Error(faults.join("; "));
            return true;
        }, { within: 30_000 });
    });

    test('the run suspended by the async bridge completes with ["11"]', async () => {
        const { run, resume } = adopted.fixture.interruptedWork!.suspendedByAsyncBridge;
        const [, path, body] = /^PATCH (\S+) (.*)$/.exec(resume)!;
        const callback = () => adopted.node.api.call("PATCH", path!, body);
        expect((await callback()).status).toBe(200);
        await eventually("the run is completed", async () => {
            const { data } = await adopted.node.api.get(`/v2/jobs/6/runs/${run}`);
            if (!data.attributes.finishedAt) throw new Error(JSON.stringify(data.attributes));
            expect(data.attributes.outputs).toEqual(["11"]);
            return true;
        });
        expect((await callback()).status).toBe(500);
        expect(adopted.adapter.asked.get("/async") ?? 0).toBe(0);
    });
    test.skip(`the cron job goes on (${beyond.cron})`);
});

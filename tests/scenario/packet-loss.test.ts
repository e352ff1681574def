import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Chain } from "../lib/chain";
import { Contracts } from "../lib/contracts";
import { eventually, pause } from "../lib/eventually";
import { webhookJob } from "../lib/jobs";
import { Lab, type LockingMode } from "../lib/lab";
import { type Host, type Loss, Network } from "../lib/network";
import type { BatonNode } from "../lib/node";
import { freePort } from "../lib/ports";
import { PostgresServer } from "../lib/postgres";
import { Proxy } from "../lib/proxy";
import { Requests } from "../lib/requests";
import { findForeignWrites, startAudit } from "./torture/audit";
import { findCallFaults, findEpochFaults } from "./torture/checker";
import { ChainLoad, WebhookLoad } from "./torture/load";

const obstacle = Network.obstacle();

describe.skipIf(obstacle)(`instances on hosts of their own${obstacle ? ` (${obstacle})` : ""}`, () => {
    let network: Network;
    let hosts: { primary: Host; secondary: Host };
    let server: PostgresServer;
    let chain: Chain;
    let contracts: Contracts;
    beforeAll(async () => {
        network = Network.create();
        hosts = { primary: network.host("chainlink"), secondary: network.host("secondary") };
        server = await PostgresServer.start({ fast: true, settings: [`listen_addresses=127.0.0.1,${network.address}`] });
        await server.admit(network.subnet);
        chain = await Chain.start({ name: "packet-loss", blockTime: 0.5, host: network.address });
        contracts = await Contracts.deploy(chain);
    });
    afterAll(async () => {
        await chain?.stop();
        server?.stop();
        network?.remove();
    });

    let lab: Lab;
    let relay: Proxy | undefined;
    afterEach(async () => {
        await lab?.stop();
        await lab?.database.drop();
        await relay?.stop();
        relay = undefined;
        network.heal();
    });

    interface World {
        primary: BatonNode;
        secondary: BatonNode;
        requests: Requests;
    }

    /** A pair, each on its host; `databaseUrl` is how they reach the database. */
    async function start(mode: LockingMode, env: Record<string, string>, databaseUrl: (url: string) => string | Promise<string> = (url) => network.url(url)): Promise<World> {
        const database = await server.createDatabase();
        lab = await Lab.start({ database, chain, contracts, mode, env });
        const url = await databaseUrl(database.url);
        const node = async (name: string, { address, through }: Host) => {
            const port = await freePort();
            return lab.node(name, { port, host: address, through, env: { DATABASE_URL: url, HA_ADVERTISE_URL: `http://${address}:${port}` } });
        };
        const primary = await node("chainlink", hosts.primary);
        const secondary = await node("secondary", hosts.secondary);
        primary.start();
        await primary.reaches("leading");
        secondary.start();
        await secondary.reaches("standby");
        const requests = await Requests.begin(lab, primary);
        await startAudit(database);
        await requests.ask(3);
        await lab.answered(requests.sent);
        return { primary, secondary, requests };
    }

    async function faults({ requests }: World): Promise<string[]> {
        return [...(await requests.faults()), ...(await findForeignWrites(lab.database)), ...(await findEpochFaults(lab.database))];
    }

    /** HA_SUSPECT_AFTER of a leader that is cut off, in milliseconds. */
    const suspectAfter = 1_000;

    /** Asks both all the time whether they lead and may act, each on its own host; when did the one stop, the other one begin? */
    async function watchChange({ primary, secondary }: World): Promise<{ stopped: number; began: number; both: boolean }> {
        let [stopped, began, both] = [0, 0, false];
        await eventually("the standby acts", async () => {
            // In this order: who is asked later and still leads does so beside the new leader.
            const secondaryLeads = (await hosts.secondary.status(secondary.port, "/leader")) === 200;
            const asked = Date.now();
            const primaryLeads = (await hosts.primary.status(primary.port, "/leader")) === 200;
            if (!primaryLeads) stopped ||= asked;
            if (secondaryLeads) began = asked;
            both ||= primaryLeads && secondaryLeads;
            return secondaryLeads;
        }, { within: suspectAfter + 4_000, every: 1 });
        return { stopped, began, both };
    }

    interface Case extends Loss {
        mode: LockingMode;
        what: string;
        /** Only what goes to and comes from the database. */
        databaseOnly: boolean;
    }

    test.each<Case>([
        { mode: "dual", what: "everything between leader and database", databaseOnly: true },
        { mode: "lease", what: "everything from the leader to the database", databaseOnly: true, direction: "to server" },
        { mode: "advisorylock", what: "everything from the database to the leader", databaseOnly: true, direction: "to client" },
        { mode: "none", what: "the whole network of the leader's host", databaseOnly: false },
    ])("$mode: $what is lost: the leader stops before the standby acts, nothing is lost or done twice", async ({ mode, databaseOnly, direction }) => {
        const world = await start(mode, { HA_SUSPECT_AFTER: `${suspectAfter}ms`, LEASE_LOCK_DURATION: "3s", DATABASE_DEFAULT_QUERY_TIMEOUT: "3s" });
        const { primary, secondary, requests } = world;
        const cut = Date.now();
        network.lose(hosts.primary, { port: databaseOnly ? server.port : undefined, direction });
        const change = watchChange(world);
        await requests.ask(3);
        const { stopped, began, both } = await change;
        console.log(`${mode}: the leader stopped ${stopped - cut} ms after the cut, the standby led after ${began - cut} ms`);
        expect(both).toBe(false);
        expect(stopped).toBeGreaterThan(cut);
        expect(stopped).toBeLessThan(began);
        // The last sign of life may have been some time ago when the network went.
        expect(began - cut).toBeGreaterThan(suspectAfter / 2);
        expect(began - cut).toBeLessThan(suspectAfter + 1_500);
        await lab.answered(requests.sent);
        const { history } = await secondary.leadership();
        expect(history[0]).toMatchObject({ instance: "secondary", from: "chainlink" });

        expect(primary.alive).toBe(true);
        await requests.ask(2);
        network.heal();
        await primary.reaches("standby");
        await requests.ask(2);
        expect(await faults(world)).toEqual([]);
        expect(await lab.leader()).toBe("secondary");
        expect((await secondary.leadership()).history).toEqual(history);

        // And it is of use again.
        await secondary.stop("SIGKILL");
        await primary.reaches("leading", { within: 15_000 });
        await requests.ask(1);
        expect(await faults(world)).toEqual([]);
    });

    test.each([10, 20])("%i %% of all packets to and from the database are lost, and what arrives is late: nothing lost, nothing twice", async (percent) => {
        const lasts = 20_000;
        // The delay is that of a relay: not every kernel has netem.
        const world = await start("dual", {}, async (url) => {
            relay = await Proxy.at(url, network.address);
            return relay.url(url);
        });
        const { primary, secondary, requests } = world;
        const webhook = await lab.createJob(primary, webhookJob());
        const onChain = new ChainLoad(requests.requester, requests.job, 4);
        const calls = new WebhookLoad([primary, secondary], webhook, 3);
        relay!.fault({ delay: 20 });
        for (const host of Object.values(hosts)) network.lose(host, { port: relay!.port, percent });
        onChain.start();
        calls.start();
        await pause(lasts);
        network.heal();
        relay!.heal();
        await onChain.stop();
        await calls.stop();
        requests.sent.push(...onChain.sent);

        const { history } = await eventually("one leads and the other one stands by", async () => {
            const seen = await Promise.all([primary.leadership(), secondary.leadership()]);
            return seen.map(({ state }) => state).sort().join() === "leading,standby" && seen[0];
        });
        console.log(`${percent} %: ${onChain.sent.length} requests, ${calls.calls.length} calls, takeovers after the first: ${
            history.slice(0, -1).map(({ instance, reason }) => `${instance}, ${reason}`).join("; ") || "none"}`);
        expect([...(await faults(world)), ...(await findCallFaults(lab.database, webhook, calls.calls)), ...calls.oddities]).toEqual([]);
        // Each takeover needs a silence of HA_SUSPECT_AFTER.
        expect(history.length - 1).toBeLessThanOrEqual(lasts / 2_000);
        expect([primary.alive, secondary.alive]).toEqual([true, true]);
    });
});

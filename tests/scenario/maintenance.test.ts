/** Types docs/operations/maintenance.md, block by block, and compares what it prints. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Chain, chainId } from "../lib/chain";
import { Engine } from "../lib/containers";
import { eventually } from "../lib/eventually";
import { credentials } from "../lib/node";
import { Network } from "../lib/network";
import { type Block, Reader, blocksOf } from "../lib/page";
import { batonBinary, checkout } from "../lib/paths";
import { type Database, PostgresServer, asServerUser, nodeRole, serverPrograms } from "../lib/postgres";
import { v1Program } from "../lib/v1";

const blocks = blocksOf(join(checkout, "docs/operations/maintenance.md"));
const sections = {
    containers: "With containers", processes: "With plain processes", balancer: "A load balancer in front", replication: "PostgreSQL with replication",
    machines: "Two machines instead of one", v1: "From v1.11.0 to Baton and back",
};
const answers = {
    "New key store password:": credentials.keyPassword,
    "Confirm password:": credentials.keyPassword,
    "Enter key store password:": credentials.keyPassword,
    "Enter API Email:": credentials.email,
    "Enter API Password:": credentials.password,
};

/** The page's own ports: nobody else may have them. */
const free = (port: number) => new Promise<boolean>((done) => {
    const server = createServer().once("error", () => done(false)).listen(port, () => server.close(() => done(true)));
});
const portsFree = (await Promise.all([6687, 6688, 6689].map(free))).every(Boolean);
const ports = portsFree ? "" : " (skipped: one of the ports 6687, 6688, 6689 is in use)";
const haproxy = existsSync("/usr/sbin/haproxy");
const found = Engine.find();
const noEngine = typeof found === "string" ? ` (skipped: ${found})` : "";

function readerFor(name: string, database: Database, host: string, ethereum: string, more: Record<string, string> = {}): Reader {
    const reader = new Reader(name, {
        ...more,
        "checkout": checkout,
        "chain id": String(chainId),
        "WebSocket URL of an Ethereum node": ethereum,
        "database password": nodeRole.password,
        "database server": `${host}:${new URL(database.url).port}`,
        "key-store password": credentials.keyPassword,
        "e-mail": credentials.email,
        "API password": credentials.password,
    }, answers);
    reader.install("baton", `exec ${batonBinary} "$@"`);
    reader.install("chainlink-v1", `exec ${v1Program} "$@"`);
    return reader;
}

const of = (section: string): Block[] => blocks.filter((block) => block.section === section);

test("every block of the page belongs to a section that is run here", () => {
    expect([...new Set(blocks.map((block) => block.section))]).toEqual(Object.values(sections));
});

test("every log line that the page explains is one that the program writes", () => {
    const page = readFileSync(join(checkout, "docs/operations/maintenance.md"), "utf8");
    const table = page.slice(page.indexOf("| line of the log |"));
    const lines = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]!);
    expect(lines.length).toBeGreaterThan(15);
    const sources = readdirSync(join(checkout, "baton"), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".cpp") && !/_(pg)?test\.cpp$/.test(file))
        .map((file) => readFileSync(join(checkout, "baton", file), "utf8")).join("\n")
        // Literals that stand side by side are one.
        .replace(/"\s*\n\s*"/g, "");
    for (const line of lines) {
        // What is put in at run time, and what stands between the parts that are put together.
        const parts = line.split(/\.\.\.|->|reason=|[A-Z]{3,}|[():]/).map((part) => part.trim()).filter((part) => part.length > 3);
        expect(parts.length, line).toBeGreaterThan(0);
        for (const part of parts) expect(sources.includes(part), `"${part}" of "${line}"`).toBe(true);
    }
});

describe.skipIf(ports)(`the maintenance page with plain processes${ports}`, () => {
    let server: PostgresServer;
    let chain: Chain;
    let reader: Reader;
    let balanced = false;

    beforeAll(async () => {
        chain = await Chain.start({ name: "maintenance", blockTime: 1 });
    });
    afterAll(async () => {
        await reader?.leave();
        await chain?.stop();
        server?.stop();
    });

    test("two instances, control back and forth, then from v1.11.0 (or the program that stands for it) to Baton and back", async () => {
        server = await PostgresServer.start({ fast: true });
        const database = await server.createDatabase("chainlink");
        reader = readerFor("maintenance", database, "127.0.0.1", chain.wsUrl);
        for (const block of of(sections.processes)) await reader.follow(block);
        if (haproxy) for (const block of of(sections.balancer)) await reader.follow(block);
        balanced = haproxy;
        // The page goes on while no Baton runs: the standby first, so that nobody takes over.
        await reader.interrupt(1);
        await reader.interrupt(0);
        expect(reader.shown(0)).toContain("leadership: draining -> stopped: released");

        const [former, baton] = of(sections.v1);
        await reader.follow(former!);
        const holder = () => database.value<string>("select split_part(application_name, ' ', 1) from pg_stat_activity a join pg_locks l using (pid) where l.locktype = 'advisory' and l.objsubid = 1 and l.granted");
        await eventually("the v1.11.0 leads", async () => (await holder()) === "Chainlink", { within: 60_000 });
        await reader.follow(baton!);
        await reader.interrupt(reader.opened - 2);
        const standby = reader.opened - 1;
        await eventually("Baton leads", () => /taking -> leading/.test(reader.shown(standby)));
        await reader.follow(former!);
        await reader.interrupt(standby);
        await eventually("the v1.11.0 leads again", async () => (await holder()) === "Chainlink", { within: 60_000 });
        await database.close();
    });

    test.skipIf(!haproxy)("the load balancer's section was typed too (skipped where haproxy is not installed)", () => {
        expect(balanced).toBe(true);
    });

    test("PostgreSQL with replication: the primary is lost, the replica is promoted", async () => {
        const primary = await PostgresServer.start({ fast: true });
        const database = await primary.createDatabase("chainlink");
        const replica = await primary.replica();
        const second = readerFor("maintenance-replication", database, "127.0.0.1", chain.wsUrl, {
            "administrator's URL of the primary": primary.url,
            "replica": `127.0.0.1:${new URL(replica.url).port}`,
            "data folder of the primary": primary.data,
            "data folder of the replica": replica.data,
        });
        // As PostgreSQL's user, who is not the one that runs the nodes.
        second.install("pg_ctl", `cd /; exec ${asServerUser().join(" ")} ${join(serverPrograms(), "pg_ctl")} "$@" >/dev/null`);
        try {
            await second.follow(of(sections.processes)[0]!);
            for (const block of of(sections.replication)) await second.follow(block);
            expect([second.ends(0), second.ends(1)], "nobody has ended").toEqual([false, false]);
        } finally {
            await second.leave();
            await database.close();
            replica.stop();
            primary.stop();
        }
    });
});

const obstacle = Network.obstacle();
describe.skipIf(obstacle || ports)(`the maintenance page with two machines${obstacle ? ` (${obstacle})` : ports}`, () => {
    test("two machines: the first one loses its network, the second one leads", async () => {
        const network = Network.create();
        const hosts = [network.host("first"), network.host("second")];
        const server = await PostgresServer.start({ fast: true, settings: [`listen_addresses=127.0.0.1,${network.address}`] });
        await server.admit(network.subnet);
        const database = await server.createDatabase("chainlink");
        const chain = await Chain.start({ name: "maintenance-machines", blockTime: 1, host: network.address });
        const ethereum = `ws://${network.address}:${chain.port}`;
        const readers = hosts.map((host) => {
            const reader = readerFor(`maintenance-${host.name}`, database, network.address, ethereum, { "first machine": hosts[0]!.address });
            const there = host.through.join(" ");
            reader.install("baton", `exec ${there} ${batonBinary} "$@"`);
            reader.install("curl", `exec ${there} /usr/bin/curl "$@"`);
            return reader;
        });
        const [first, second] = readers;
        try {
            for (const reader of readers) await reader.follow(of(sections.processes)[0]!);
            const [leader, standby, look, after] = of(sections.machines);
            await first!.follow(leader!);
            await second!.follow(standby!);
            await second!.follow(look!);
            network.lose(hosts[0]!, {});
            await second!.follow(after!);
            network.heal();
            await eventually("the first machine's instance stands by", async () => (await hosts[0]!.status(6688, "/standby")) === 200, { within: 30_000 });
            expect(first!.ends(0)).toBe(false);
        } finally {
            for (const reader of readers) await reader.leave();
            await chain.stop();
            await database.close();
            server.stop();
            network.remove();
        }
    });
});

describe.skipIf(noEngine || ports)(`the maintenance page with containers${noEngine || ports}`, () => {
    const engine = found as Engine;
    let server: PostgresServer | undefined;
    let chain: Chain | undefined;
    let reader: Reader | undefined;
    let database: Database | undefined;

    afterAll(async () => {
        await engine.call("rm", "--force", "--time", "0", "chainlink", "secondary");
        await reader?.leave();
        await engine.stop();
        await chain?.stop();
        await database?.close();
        server?.stop();
    }, 120_000);

    test("a failover pair, typed; a kill, control back and forth, an update of the image", async () => {
        for (const name of ["chainlink", "secondary"]) {
            // Somebody's container of that name is not ours to remove.
            const { code } = await engine.call("container", "inspect", name);
            expect(code, `a container ${name} exists`).not.toBe(0);
        }
        await engine.start();
        await engine.build("root", "plain");
        server = await PostgresServer.start({ fast: true, settings: ["listen_addresses=*"] });
        await server.admit(engine.subnet);
        database = await server.createDatabase("chainlink");
        chain = await Chain.start({ name: "maintenance-containers", blockTime: 1, host: "0.0.0.0" });
        reader = readerFor("maintenance-containers", database, engine.gateway, `ws://${engine.gateway}:${chain.port}`);
        // The page's image is the one of this checkout, and its containers reach this machine. docker's `start -i` attaches; podman wants to be told.
        reader.install("docker", `
args=()
for one; do
    case $one in
        baton | baton:1.11.0) args+=(${engine.image()}) ;;
        run) args+=(run --network ${engine.prefix}) ;;
        -i) args+=(${engine.program === "podman" ? "-a " : ""}-i) ;;
        *) args+=("$one") ;;
    esac
done
export CONTAINERS_CONF=${engine.environment().CONTAINERS_CONF ?? ""}
exec ${engine.program} "\${args[@]}"`);
        for (const block of of(sections.containers)) await reader.follow(block);
    }, 600_000);
});

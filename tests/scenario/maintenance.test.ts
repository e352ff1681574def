/** Types docs/operations/maintenance.md, block by block, and compares what it prints. */
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Chain, chainId } from "../lib/chain";
import { Engine } from "../lib/containers";
import { eventually } from "../lib/eventually";
import { credentials } from "../lib/node";
import { type Block, Reader, blocksOf } from "../lib/page";
import { batonBinary, checkout } from "../lib/paths";
import { type Database, PostgresServer, nodeRole } from "../lib/postgres";
import { v1Program } from "../lib/v1";

const blocks = blocksOf(join(checkout, "docs/operations/maintenance.md"));
const sections = { containers: "With containers", processes: "With plain processes", v1: "From v1.11.0 to Baton and back" };
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
const found = Engine.find();
const noEngine = typeof found === "string" ? ` (skipped: ${found})` : "";

function readerFor(name: string, database: Database, host: string, ethereum: string): Reader {
    const reader = new Reader(name, {
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

describe.skipIf(ports)(`the maintenance page with plain processes${ports}`, () => {
    let server: PostgresServer;
    let chain: Chain;
    let reader: Reader;

    afterAll(async () => {
        await reader?.leave();
        await chain?.stop();
        server?.stop();
    });

    test("two instances, control back and forth, then from v1.11.0 (or the program that stands for it) to Baton and back", async () => {
        server = await PostgresServer.start({ fast: true });
        const database = await server.createDatabase("chainlink");
        chain = await Chain.start({ name: "maintenance", blockTime: 1 });
        reader = readerFor("maintenance", database, "127.0.0.1", chain.wsUrl);
        for (const block of of(sections.processes)) await reader.follow(block);
        // The page goes on while no Baton runs: the standby first, so that nobody takes over.
        await reader.interrupt(1);
        await reader.interrupt(0);
        expect(reader.shown(0)).toContain("leadership: draining -> stopped: released");

        const [former, baton] = of(sections.v1);
        await reader.follow(former!);
        const holder = () => database.value<string>("select split_part(application_name, ' ', 1) from pg_stat_activity a join pg_locks l using (pid) where l.locktype = 'advisory' and l.objsubid = 1 and l.granted");
        await eventually("the v1.11.0 leads", async () => (await holder()) === "Chainlink", { within: 60_000 });
        await reader.follow(baton!);
        await reader.interrupt(2);
        await eventually("Baton leads", () => /taking -> leading/.test(reader.shown(3)));
        await reader.follow(former!);
        await reader.interrupt(3);
        await eventually("the v1.11.0 leads again", async () => (await holder()) === "Chainlink", { within: 60_000 });
        await database.close();
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

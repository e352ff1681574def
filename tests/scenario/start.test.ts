import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Chain } from "../lib/chain";
import { Contracts } from "../lib/contracts";
import { webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { credentials } from "../lib/node";
import { freePort } from "../lib/ports";

let chain: Chain;
let contracts: Contracts;
let lab: Lab | undefined;
beforeAll(async () => {
    chain = await Chain.start({ name: "start", blockTime: 1 });
    contracts = await Contracts.deploy(chain);
});
afterAll(() => chain?.stop());
afterEach(async () => {
    await lab?.stop();
    lab = undefined;
});

const newLab = async () => (lab = await Lab.start({ chain, contracts }));

describe("a start that cannot succeed ends with 1 and a line that says why", () => {
    test.each([
        ["unknown locking mode", { DATABASE_LOCKING_MODE: "both" },
            "unrecognised value for DATABASE_LOCKING_MODE: both (valid options are 'dual', 'lease', 'advisorylock' or 'none')"],
        ["malformed ETH_URL", { ETH_URL: "not a url" }, /ETH_URL.*not a url/],
        ["ETH_HTTP_URL that is no HTTP", { ETH_HTTP_URL: "ftp://example.org" }, /ETH_HTTP_URL.*ftp:\/\/example.org/],
        ["malformed number", { CHAINLINK_PORT: "many" }, /CHAINLINK_PORT.*many/],
        ["malformed address", { LINK_CONTRACT_ADDRESS: "0x12" }, /LINK_CONTRACT_ADDRESS.*0x12/],
        ["both ports off", { CHAINLINK_PORT: "0" }, "You must specify at least one port to listen on"],
        ["suspicion time over half the lease", { HA_SUSPECT_AFTER: "6s" }, /HA_SUSPECT_AFTER.*6s/],
    ])("%s", async (name, env, text) => {
        const node = await (await newLab()).node(`start-${name.replaceAll(" ", "-")}`, { env });
        node.start();
        expect(await node.ended()).toEqual({ code: 1, signal: null });
        expect(node.log()).toMatch(text);
        expect(node.log()).not.toContain("Only-for-tests");
    });

    test("no password, no terminal", async () => {
        const node = await (await newLab()).node("start-no-password");
        node.start(["local", "n"]);
        expect((await node.ended()).code).toBe(1);
        expect(node.log()).toContain("error authenticating keystore: no password provided");
    });

    test("no API user, no terminal", async () => {
        const node = await (await newLab()).node("start-no-user");
        node.start(["local", "n", "-p", node.passwordFile]);
        expect((await node.ended()).code).toBe(1);
        expect(node.log()).toContain("API credentials must be supplied");
    });

    test("new key ring with a weak password", async () => {
        const node = await (await newLab()).node("start-weak-password");
        writeFileSync(node.passwordFile, "short");
        node.start();
        expect((await node.ended()).code).toBe(1);
        expect(node.log()).toContain("password is less than 16 characters long");
    });
});

describe("a node", () => {
    test.each([["node", "start"], ["local", "node"], ["local", "start"], ["node", "n"]])("starts by %s %s", async (...command) => {
        const lab = await newLab();
        const node = await lab.node(`start-${command.join("-")}`);
        node.start([...command, `--password=${node.passwordFile}`, "-api", node.apiFile]);
        await node.reaches("leading");
    });

    test("whose console is a full disk loses log lines, not work", async () => {
        const lab = await newLab();
        const node = await lab.node("start-full-disk", { through: ["sh", "-c", 'exec "$0" "$@" >/dev/full 2>&1'] });
        node.start();
        await node.reaches("leading");
        const job = await lab.createJob(node, webhookJob());
        const { data } = await node.api.expect(200, "POST", `/v2/jobs/${job.externalJobId}/runs`, { value: 3 });
        expect(data.attributes.outputs).toEqual(["30"]);
    });

    test("with JSON_CONSOLE writes nothing but JSON", async () => {
        const node = await (await newLab()).node("start-json", { env: { JSON_CONSOLE: "true" } });
        node.start();
        await node.reaches("leading");
        const lines = node.log().split("\n").filter((line) => line !== "" && !line.startsWith("--- "));
        for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), msg: expect.any(String) });
        expect(lines.length).toBeGreaterThan(0);
    });

    test("obeys LOG_LEVEL", async () => {
        const node = await (await newLab()).node("start-quiet", { env: { LOG_LEVEL: "error" } });
        node.start();
        await node.reaches("leading");
        expect(node.log()).not.toMatch(/\[(DEBUG|INFO)\]/);
    });
});

describe("a node without database", () => {
    test("says what is wrong, lives, and ends when it is told to", async () => {
        const port = await freePort();
        const node = await (await newLab()).node("start-no-database", {
            env: { DATABASE_URL: `postgresql://baton:Secret-of-the-database-1@127.0.0.1:${port}/baton?sslmode=disable` },
        });
        node.start();
        await node.logs(new RegExp(`database cannot be used yet.*${port}`));
        expect(node.alive).toBe(true);
        expect((await node.stop("SIGTERM")).signal).toBeNull();
        expect(node.log()).not.toContain("Secret-of-the-database-1");
    });
});

describe("a standby", () => {
    test("with a wrong password is refused before it waits for the lock", async () => {
        const lab = await newLab();
        const leader = await lab.node("start-leader");
        leader.start();
        await leader.reaches("leading");
        const standby = await lab.node("start-wrong-password");
        writeFileSync(standby.passwordFile, `${credentials.keyPassword}-but-wrong`);
        standby.start();
        expect((await standby.ended()).code).toBe(1);
        expect(standby.log()).toContain("unable to decrypt encrypted key ring");
        expect(standby.log()).not.toContain("Another application");
        expect((await leader.leadership()).state).toBe("leading");
    });

    test("whose port is taken says by whom, and binds it when it leads", async () => {
        const lab = await newLab();
        const leader = await lab.node("start-port-owner");
        leader.start();
        await leader.reaches("leading");
        const standby = await lab.node("start-port-waiter", { port: leader.port });
        standby.start();
        await standby.logs(new RegExp(`${leader.port}.*in use.*start-port-owner`, "i"));
        expect(standby.alive).toBe(true);
        await leader.stop("SIGTERM");
        await standby.reaches("leading");
    });

    test("that is told to stop while it waits ends by itself", async () => {
        const lab = await newLab();
        const leader = await lab.node("start-stays");
        leader.start();
        await leader.reaches("leading");
        const standby = await lab.node("start-stopped");
        standby.start();
        await standby.reaches("standby");
        expect((await standby.stop("SIGTERM")).signal).toBeNull();
        expect((await leader.leadership()).state).toBe("leading");
    });
});

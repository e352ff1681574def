import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, createServer } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Job, bridgeJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { NameServer } from "../lib/names";
import { Network } from "../lib/network";
import type { BatonNode } from "../lib/node";
import { freePort } from "../lib/ports";

const obstacle = Network.obstacle() ?? (await NameServer.obstacle());

describe.skipIf(obstacle)(`requests by name and through proxies${obstacle ? ` (${obstacle})` : ""}`, () => {
    /** Its own address is one that restricted requests may reach. */
    let network: Network;
    let names: NameServer;
    let lab: Lab;
    let node: BatonNode;
    /** Of servers that are outside under one address and inside under the other. */
    let ports: number[];
    let proxyPort: number;
    /** "<where> <method> <what>" of each request. */
    let seen: string[];
    const servers: Server[] = [];

    const listen = async (address: string, port: number, where: string) => {
        const server = createServer((request: IncomingMessage, response) => {
            seen.push(`${where} ${request.method} ${request.url}`);
            const away = request.url!.startsWith("/away?") && request.url!.slice("/away?".length);
            if (away) response.writeHead(302, { Location: away }).end();
            else response.end(JSON.stringify({ where }));
        });
        server.on("connect", (request, socket) => {
            seen.push(`${where} CONNECT ${request.url}`);
            socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
        });
        servers.push(server);
        await new Promise<void>((done) => server.listen(port, address, done));
    };

    beforeAll(async () => {
        network = Network.create();
        names = await NameServer.start();
        lab = await Lab.start();
        ports = [await freePort(), await freePort()];
        for (const port of ports) {
            await listen(network.address, port, "outside");
            await listen("127.0.0.1", port, "inside");
        }
        proxyPort = await freePort();
        await listen(network.address, proxyPort, "proxy");
        await listen("127.0.0.1", proxyPort, "proxy inside");
        const proxies = { HTTP_PROXY: `http://${network.address}:${proxyPort}`, HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`, NO_PROXY: ".direct.test" };
        node = await lab.node("asker", { env: { ...proxies, DEFAULT_HTTP_TIMEOUT: "10s" }, through: names.through });
        node.start();
        await node.reaches("leading");
    });
    beforeEach(() => void (seen = []));
    afterAll(async () => {
        await lab?.stop();
        for (const server of servers) server.close();
        await names?.stop();
        network?.remove();
    });

    /** A job whose author wrote the URL, or, without one, leaves it to the caller: then it is restricted. */
    async function asking(url = "$(jobRun.requestBody)"): Promise<Job> {
        const externalJobId = randomUUID();
        const observation = `ask [type=http method=GET url="${url}"]`;
        return lab.createJob(node, { externalJobId, toml: `type = "webhook"\nschemaVersion = 1\nexternalJobID = "${externalJobId}"\nobservationSource = """${observation}"""` });
    }
    const run = async (job: Job, body: unknown = {}) =>
        (await node.api.expect(200, "POST", `/v2/jobs/${job.externalJobId}/runs`, body)).data.attributes;
    const by = (where: string) => [JSON.stringify({ where })];

    test("the address that was looked at is the one that is called, whatever the name's next answer is", async () => {
        const job = await asking();
        const url = (name: string, port: number) => `http://${name}.direct.test:${port}/`;
        const [outside, inside] = [[network.address], ["127.0.0.1"]];
        // Who asks twice, once to look at the address and once to call it, ends inside.
        names.set("turning.direct.test", outside, inside);
        expect((await run(job, url("turning", ports[0]!))).outputs).toEqual(by("outside"));
        expect(names.asked.get("turning.direct.test")).toBe(1);
        // Between a redirect and what it leads to: the same name, now inside.
        names.set("moving.direct.test", outside, inside);
        const redirected = await run(job, `${url("moving", ports[0]!)}away?${url("moving", ports[1]!)}`);
        expect(redirected.allErrors[0]).toMatch(/disallowed IP 127\.0\.0\.1\. .*: disallowed IP$/);
        expect(names.asked.get("moving.direct.test")).toBe(2);
        // Both at once, where only the one inside answers.
        const port = await freePort();
        await listen("127.0.0.1", port, "inside");
        names.set("both.direct.test", [network.address, "127.0.0.1"]);
        expect((await run(job, url("both", port))).allErrors[0]).toMatch(/disallowed IP 127\.0\.0\.1\. /);
        expect(seen.filter((request) => request.startsWith("inside"))).toEqual([]);
        // What these names led to is there: an author who writes such a URL reaches it.
        names.set("both.direct.test", inside);
        expect((await run(await asking(url("both", port)))).outputs).toEqual(by("inside"));
    });

    test("requests of http tasks and bridges go through the proxies, names of NO_PROXY and this machine are called directly", async () => {
        expect((await run(await asking("http://shop.example/price"))).outputs).toEqual(by("proxy"));
        await node.api.expect(200, "POST", "/v2/bridge_types", { name: "shop", url: "http://shop.example/adapter" });
        await run(await lab.createJob(node, bridgeJob(["shop"])));
        // Restricted requests may use a proxy at an address that they may call, and no other.
        const job = await asking();
        expect((await run(job, "http://shop.example/given")).outputs).toEqual(by("proxy"));
        expect((await run(job, "https://shop.example/given")).allErrors[0]).toMatch(/disallowed IP 127\.0\.0\.1\. /);
        expect((await run(await asking("https://shop.example/price"))).allErrors[0]).toBe('error making http request: Get "https://shop.example/price": the proxy does not connect to shop.example: status code 403');
        names.set("shop.direct.test", [network.address]);
        expect((await run(await asking(`http://shop.direct.test:${ports[0]}/`))).outputs).toEqual(by("outside"));
        expect((await run(await asking(`http://127.0.0.1:${ports[0]}/`))).outputs).toEqual(by("inside"));
        expect(seen).toEqual([
            "proxy GET http://shop.example/price",
            "proxy POST http://shop.example/adapter",
            "proxy GET http://shop.example/given",
            "proxy inside CONNECT shop.example:443",
            "outside GET /",
            "inside GET /",
        ]);
    });
});

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, type Server, type Socket, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Adapter } from "../lib/adapter";
import { type Job, webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { scratchFolder } from "../lib/paths";

/** Servers that are not as an adapter should be; each listens on a port of its own. */
class Strangers {
    private readonly servers: Server[] = [];
    private readonly sockets = new Set<Socket>();

    private async listen(server: Server): Promise<number> {
        this.servers.push(server);
        server.on("connection", (socket: Socket) => {
            this.sockets.add(socket);
            socket.on("close", () => this.sockets.delete(socket));
            socket.on("error", () => {});
        });
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
        return (server.address() as AddressInfo).port;
    }

    async http(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
        return `http://127.0.0.1:${await this.listen(createServer(answer))}/`;
    }
    async raw(answer: (socket: Socket) => void): Promise<string> {
        return `http://127.0.0.1:${await this.listen(createTcpServer((socket) => void socket.once("data", () => answer(socket))))}/`;
    }
    async tls(folder: string): Promise<string> {
        const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
        execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=localhost", ...files], { stdio: "ignore" });
        const tls = { key: readFileSync(join(folder, "key.pem")), cert: readFileSync(join(folder, "cert.pem")) };
        return `https://127.0.0.1:${await this.listen(createTlsServer(tls, (_, response) => response.end("{}")))}/`;
    }
    stop(): void {
        for (const socket of this.sockets) socket.destroy();
        for (const server of this.servers) server.close();
    }
}

let lab: Lab;
let node: BatonNode;
let adapter: Adapter;
let strangers: Strangers;

beforeAll(async () => {
    lab = await Lab.start();
    adapter = await Adapter.start();
    strangers = new Strangers();
    node = await lab.node("asker", { env: { DEFAULT_HTTP_TIMEOUT: "2s" } });
    node.start();
    await node.reaches("leading");
});
afterAll(async () => {
    await lab?.stop();
    await adapter?.stop();
    strangers?.stop();
});

/** A job that asks `url`; by default as its author trusts it. */
async function asking(url: string, attributes = 'allowUnrestrictedNetworkAccess="true"', parse = ""): Promise<Job> {
    const externalJobId = randomUUID();
    const toml = `type = "webhook"
schemaVersion = 1
externalJobID = "${externalJobId}"
observationSource = """
ask [type=http method=GET url="${url}" ${attributes}]
${parse && `parse [type=jsonparse path="${parse}"]\nask -> parse`}
"""`;
    return lab.createJob(node, { externalJobId, toml });
}

const run = async (job: Job, body: unknown = {}) =>
    (await node.api.expect(200, "POST", `/v2/jobs/${job.externalJobId}/runs`, body)).data.attributes;
const errorOf = async (job: Job, body?: unknown) => (await run(job, body)).allErrors?.[0] as string | undefined;

test("a server that never answers: the request ends with its time", async () => {
    const silent = await strangers.raw(() => {});
    expect(await errorOf(await asking(silent))).toBe("http request timed out or interrupted");
});

test("a server that sends its answer drop by drop: too", async () => {
    const slow = await strangers.http((_, response) => {
        response.write("{");
        const timer = setInterval(() => response.write(" "), 100);
        response.on("close", () => clearInterval(timer));
    });
    expect(await errorOf(await asking(slow))).toBe("http request timed out or interrupted");
});

test("answers over the limit, with or without a length, and without an end", async () => {
    const huge = await strangers.http((_, response) => response.end("x".repeat(40_000)));
    const endless = await strangers.http((_, response) => {
        const more = () => {
            while (!response.destroyed && response.write("x".repeat(65_536)));
            response.once("drain", more);
        };
        more();
    });
    for (const url of [huge, endless])
        expect(await errorOf(await asking(url))).toBe("error making http request: http: request body too large");
    const whole = await strangers.http((_, response) => response.end("x".repeat(32_768)));
    expect((await run(await asking(whole))).allErrors).toBeNull();
});

test("a truncated answer, a connection that is cut, and what is no HTTP", async () => {
    const truncated = await strangers.raw((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"));
    expect(await errorOf(await asking(truncated))).toMatch(/^error making http request: Get "http:.*": unexpected EOF$/);
    const cut = await strangers.raw((socket) => socket.destroy());
    expect(await errorOf(await asking(cut))).toMatch(/^error making http request: Get "http:.*": (EOF|read tcp .*)$/);
    const noise = await strangers.raw((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    expect(await errorOf(await asking(noise))).toMatch(/malformed HTTP response/);
});

test("a certificate that nobody signed, and plain HTTP where TLS is expected", async () => {
    expect(await errorOf(await asking(await strangers.tls(scratchFolder("tls"))))).toMatch(/: x509: certificate not accepted: /);
    const plain = await strangers.http((_, response) => response.end("{}"));
    expect(await errorOf(await asking(plain.replace("http:", "https:")))).toMatch(/: tls: /);
});

test("redirects in a circle end, one to another server is followed", async () => {
    const circle = await strangers.http((_, response) => response.writeHead(302, { Location: `/${Math.random()}` }).end());
    expect(await errorOf(await asking(circle))).toMatch(/: stopped after 10 redirects$/);
    const target = await strangers.http((_, response) => response.end('{"found": true}'));
    const away = await strangers.http((_, response) => response.writeHead(302, { Location: target }).end());
    expect((await run(await asking(away))).outputs).toEqual(['{"found": true}']);
});

test("answers of the wrong type are errors of the task that reads them", async () => {
    for (const [body, error] of [
        ["<html></html>", /^invalid character '<'/],
        ['{"price": {}}', /could not resolve path|cannot/],
        ["", /^EOF$/],
    ] as const) {
        const url = await strangers.http((_, response) => response.end(body));
        const { allErrors } = await run(await asking(url, undefined, "price,value"));
        expect(allErrors.filter(Boolean)[0]).toMatch(error);
    }
});

test("a URL that comes from outside reaches no private address: by number, by name, in other notations", async () => {
    const reached: string[] = [];
    const inside = await strangers.http((request, response) => response.end(String(reached.push(request.url!))));
    const port = new URL(inside).port;
    const job = await asking("$(jobRun.requestBody)", "");
    for (const host of ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]) {
        const error = await errorOf(job, `http://${host}:${port}/`);
        expect(error, host).toMatch(/disallowed IP|no such host|invalid|parse/);
    }
    // A redirect is looked at as the first address is; the author trusts the URL, and is followed.
    const away = await strangers.http((_, response) => response.writeHead(302, { Location: inside }).end());
    expect(await errorOf(job, away)).toMatch(/disallowed IP/);
    expect(reached).toEqual([]);
    expect((await run(await asking(away))).outputs).toEqual(["1"]);
});

test("no password of a URL and no header shows in an error", async () => {
    const refusing = await strangers.http((_, response) => response.writeHead(500).end('{"error": "no"}'));
    const secret = "hunter2-8c1f";
    const url = refusing.replace("http://", `http://user:${secret}@`);
    const headers = `allowUnrestrictedNetworkAccess="true" headers=<["X-API-Key", "${secret}"]>`;
    expect(await errorOf(await asking(url, headers))).toMatch(/^got error from http:\/\/user:\*\*\*@.*: \(status code 500\) no$/);
    const gone = url.replace(/:\d+\/$/, ":1/");
    expect(await errorOf(await asking(gone, headers))).toMatch(/user:\*\*\*@.*connection refused$/);
    // The log shows the specification to nobody either.
    expect(node.log()).not.toContain(secret);
});

test("two hundred sick runs do not hold up a healthy one", async () => {
    adapter.reply("/ok", { body: {} });
    const healthy = await lab.createJob(node, webhookJob({ adapterUrl: adapter.url("/ok") }));
    const measure = async () => {
        const times: number[] = [];
        for (let i = 0; i < 20; ++i) {
            const began = performance.now();
            expect((await node.api.expect(200, "POST", `/v2/jobs/${healthy.externalJobId}/runs`, { value: 4 })).data.attributes.outputs).toEqual(["40"]);
            times.push(performance.now() - began);
        }
        return times.sort((a, b) => a - b)[10]!;
    };
    const alone = await measure();
    const silent = await strangers.raw(() => {});
    const endless = await strangers.http((_, response) => {
        const timer = setInterval(() => response.write("x"), 10);
        response.on("close", () => clearInterval(timer));
    });
    const sick = await Promise.all([silent, endless].map((url) => asking(url, 'allowUnrestrictedNetworkAccess="true" timeout="20s"')));
    let ended = 0;
    const asked = Array.from({ length: 200 }, (_, i) =>
        node.api.call("POST", `/v2/jobs/${sick[i % 2]!.externalJobId}/runs`, {}).catch(() => {}).finally(() => ++ended));
    const beside = await measure();
    expect(ended, "the sick ones were still under way").toBe(0);
    expect(beside).toBeLessThan(alone * 5 + 250);
    console.log(`a healthy run: ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside 200 sick ones`);
    await node.stop("SIGKILL");
    await Promise.all(asked);
});

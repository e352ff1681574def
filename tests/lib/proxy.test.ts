import { afterEach, beforeEach, expect, test } from "vitest";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { eventually, pause } from "./eventually";
import { Proxy } from "./proxy";

/** Long enough to see that nothing comes. */
const silence = 50;

/** One end of a connection, and what it saw. */
class End {
    text = "";
    ended = false;
    closed = false;
    constructor(readonly socket: Socket) {
        socket.on("data", (bytes) => (this.text += bytes));
        socket.on("end", () => (this.ended = true));
        socket.on("close", () => (this.closed = true));
        socket.on("error", () => {});
    }
    say(text: string): void {
        this.socket.write(text);
    }
    hears(text: string): Promise<unknown> {
        return eventually(`"${text}" arrives`, () => this.text === text, { within: 2_000, every: 2 });
    }
}

let listener: Server;
let proxy: Proxy;
let served: End[];
beforeEach(async () => {
    served = [];
    listener = createServer({ allowHalfOpen: true }, (socket) => served.push(new End(socket)));
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    proxy = await Proxy.start((listener.address() as AddressInfo).port);
});
afterEach(async () => {
    await proxy.stop();
    for (const end of served) end.socket.destroy();
    await new Promise((done) => listener.close(done));
});

const client = () => new End(connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true }));
async function pair(): Promise<[End, End]> {
    const known = served.length;
    const one = client();
    await eventually("the server is reached", () => served.length > known, { every: 2 });
    return [one, served[known]!];
}

test("passes both directions, and their ends one by one", async () => {
    const [one, other] = await pair();
    one.say("ask");
    await other.hears("ask");
    one.socket.end();
    await eventually("the end arrives", () => other.ended, { every: 2 });
    other.say("answer");
    await one.hears("answer");
    other.socket.end();
    await eventually("the connection is over", () => proxy.connections === 0, { every: 2 });
});

test("held bytes arrive when the way is free again, those of the other direction at once", async () => {
    const [one, other] = await pair();
    proxy.fault("hold", "to server");
    one.say("ask");
    one.socket.end();
    other.say("answer");
    await one.hears("answer");
    await pause(silence);
    expect([other.text, other.ended]).toEqual(["", false]);
    proxy.heal();
    await other.hears("ask");
    await eventually("the end arrives", () => other.ended, { every: 2 });
});

test("dropped bytes are lost, and the connection with them; new ones work", async () => {
    const [one, other] = await pair();
    proxy.fault("drop", "to client");
    other.say("lost");
    await pause(silence);
    proxy.heal();
    other.say("later");
    other.socket.end();
    one.say("ask");
    await other.hears("ask");
    await pause(silence);
    expect([one.text, one.ended, one.closed]).toEqual(["", false, false]);
    const [next, nextOther] = await pair();
    nextOther.say("answer");
    await next.hears("answer");
});

test("while the way to the server is held it sees no new connection", async () => {
    proxy.fault("hold", "to server");
    const one = client();
    one.say("ask");
    await pause(silence);
    expect(served.length).toBe(0);
    proxy.heal();
    await eventually("the server is reached", () => served.length === 1, { every: 2 });
    await served[0]!.hears("ask");
});

test("delays in order", async () => {
    const [one, other] = await pair();
    proxy.fault({ delay: silence }, "to server");
    const began = Date.now();
    one.say("a");
    await pause(2);
    one.say("b");
    await other.hears("ab");
    expect(Date.now() - began).toBeGreaterThanOrEqual(silence);
});

test("a cut ends both ends; refused connections end at once until it heals", async () => {
    const [one, other] = await pair();
    proxy.cut();
    await eventually("both are closed", () => one.closed && other.closed, { every: 2 });
    proxy.refuse();
    const refused = client();
    await eventually("it is closed", () => refused.closed, { every: 2 });
    proxy.heal();
    await pair();
});

test("half-closes one direction while the other goes on", async () => {
    const [one, other] = await pair();
    proxy.halfClose("to client");
    await eventually("the client sees the end", () => one.ended, { every: 2 });
    one.say("ask");
    await other.hears("ask");
    expect(other.ended).toBe(false);
});

test("the death of one end reaches the other one only while the way is free", async () => {
    const [one, other] = await pair();
    proxy.fault("hold");
    one.socket.resetAndDestroy();
    await pause(silence);
    expect([other.ended, other.closed]).toEqual([false, false]);
    proxy.heal();
    await eventually("the other end is closed", () => other.closed, { every: 2 });
});

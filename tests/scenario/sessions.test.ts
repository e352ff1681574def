import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { Api, Session } from "../lib/http";
import { Lab } from "../lib/lab";
import { type BatonNode, credentials } from "../lib/node";

let lab: Lab;
let primary: BatonNode;
let secondary: BatonNode;
beforeAll(async () => {
    lab = await Lab.start();
    [primary, secondary] = await lab.pair();
});
afterAll(() => lab?.stop());

const apiOf = (node: BatonNode, session: Session) => new Api(node.api.url, session);

test("a login made on the standby is valid on the leader, and the other way round", async () => {
    for (const [here, there] of [[primary, secondary], [secondary, primary]] as const) {
        const session = new Session();
        await apiOf(here, session).login(credentials.email, credentials.password);
        expect((await apiOf(there, session).call("GET", "/v2/jobs")).status).toBe(200);
    }
});

test("a logout on one instance ends the session on the other", async () => {
    const session = new Session();
    await apiOf(primary, session).login(credentials.email, credentials.password);
    expect((await apiOf(secondary, session).call("DELETE", "/sessions")).status).toBe(200);
    expect((await apiOf(primary, session).call("GET", "/v2/jobs")).status).toBe(401);
});

test("a login outlives a failover", async () => {
    const session = new Session();
    await apiOf(primary, session).login(credentials.email, credentials.password);
    await primary.stop("SIGKILL");
    await secondary.reaches("leading", { within: 2_000 });
    expect((await apiOf(secondary, session).call("GET", "/v2/jobs")).status).toBe(200);
    primary.start();
    await primary.reaches("standby");
    expect((await apiOf(primary, session).call("GET", "/v2/jobs")).status).toBe(200);
});

test("/readyz, /health and /metrics tell leader and standby apart", async () => {
    expect((await secondary.api.call("GET", "/readyz")).status).toBe(200);
    for (const node of [primary, secondary]) {
        expect((await node.api.call("GET", "/health")).status).toBe(200);
        expect((await node.api.call("GET", "/metrics")).body).toContain("# TYPE");
    }
});

test("with SECURE_COOKIES a login over plain HTTP cannot work, and the log says so", async () => {
    const node = await lab.node("secure-cookies", { env: { SECURE_COOKIES: undefined } });
    node.start();
    await node.listens();
    await node.logs(/SECURE_COOKIES/);
    const answer = await eventually("the node lets its operator in", async () => {
        const login = await node.api.call("POST", "/sessions", { email: credentials.email, password: credentials.password });
        return login.status === 200 && login;
    });
    expect(answer.headers.get("set-cookie")).toMatch(/; Secure/);
});

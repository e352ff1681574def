import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { nodeRole } from "../lib/postgres";

let lab: Lab;
afterEach(async () => {
    await lab?.stop();
});

/** What the doctor says, by check; and its exit code. */
async function doctor(node: BatonNode, env: Record<string, string> = {}, passwordFile = node.passwordFile) {
    const { code, stdout, stderr } = await node.command(["-j", "doctor", "-p", passwordFile], { env });
    expect(stderr).not.toContain(nodeRole.password);
    const findings: { level: string; check: string; text: string }[] = JSON.parse(stdout);
    return { code, findings, of: (check: string) => findings.find((one) => one.check === check) };
}

test("of a healthy pair the doctor finds nothing, and then what is wrong", async () => {
    lab = await Lab.start();
    const [primary, secondary] = await lab.pair();
    const [a, b] = [primary, secondary].map((node) => ({ HA_ADVERTISE_URL: node.api.url }));
    await secondary.stop();
    const reachable = await lab.node("reachable", { env: { HA_ADVERTISE_URL: "http://127.0.0.1:1" } });
    reachable.start();
    await reachable.reaches("standby");
    await eventually("it waits", async () => (await doctor(primary)).of("takeover now")?.level === "ok");
    const seen = await doctor(primary, a);
    expect(seen.findings.filter((one) => one.level === "problem")).toEqual([]);
    expect(seen.of("password")).toMatchObject({ level: "ok" });
    expect(seen.of("pooler")).toMatchObject({ level: "ok" });
    expect(seen.of("termination")).toMatchObject({ level: "ok" });
    expect(seen.of("activity")).toMatchObject({ level: "ok" });
    expect(seen.of(`address of reachable`)).toMatchObject({ level: "warning", text: expect.stringContaining("HA_ADVERTISE_URL") });
    expect(seen.findings.some((one) => one.check.startsWith("RPC endpoint") && one.level === "ok")).toBe(true);
    expect(seen.code).toBe(0);

    const only = { ETH_HTTP_URL: "", ETH_URL: lab.chain!.wsUrl };
    const over = (seen: Awaited<ReturnType<typeof doctor>>, kind: string) => seen.findings.find((one) => one.check.startsWith("RPC endpoint") && one.check.endsWith(kind));
    const socket = await doctor(primary, only);
    expect(over(socket, "WebSocket")).toMatchObject({ level: "ok" });
    expect(over(socket, "HTTP")).toBeUndefined();
    expect(over(await doctor(primary, { ...only, ETH_CHAIN_ID: "4" }), "WebSocket")).toMatchObject({ level: "problem", text: expect.stringContaining("ETH_CHAIN_ID is 4") });
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    for (const url of ["ws://127.0.0.1:1", `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`])
        expect(over(await doctor(primary, { ...only, ETH_URL: url }), "WebSocket"), url).toMatchObject({ level: "problem" });
    silent.close();

    const wrong = join(primary.root, "wrong");
    writeFileSync(wrong, "Another-password-0123456789\n", { mode: 0o600 });
    const mistaken = await doctor(primary, b, wrong);
    expect([mistaken.code, mistaken.of("password")?.level]).toEqual([2, "problem"]);
    expect((await doctor(primary, { ETH_CHAIN_ID: "4" })).findings.find((one) => one.check.startsWith("RPC endpoint"))).toMatchObject({ level: "problem" });
    const lost = await doctor(primary, { DATABASE_URL: "postgresql://chainlink:x@127.0.0.1:1/none" });
    expect([lost.code, lost.of("database")?.level]).toEqual([2, "problem"]);

    await reachable.stop("SIGKILL");
    await eventually("nobody waits any more", async () => {
        const alone = await doctor(primary);
        return alone.code === 2 && alone.of("takeover now")?.text.includes("nobody waits");
    });
});

test("settings that slow a takeover down are named", async () => {
    lab = await Lab.start();
    const node = await lab.node("alone");
    node.start();
    await node.reaches("leading");
    await lab.database.query(`alter database ${lab.database.name} set track_activities = off`);
    const seen = await doctor(node);
    expect(seen.of("activity")).toMatchObject({ level: "warning", text: expect.stringContaining("track_activities = on") });
});

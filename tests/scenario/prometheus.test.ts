import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { checkout } from "../lib/paths";

const folder = join(checkout, "deploy/prometheus");
const installed = spawnSync("promtool", ["--version"]).status === 0;

let lab: Lab | undefined;
afterEach(() => lab?.stop());

test.skipIf(!installed)("the alert rules fire when they should and not otherwise (promtool, Debian package prometheus)", () => {
    expect(execFileSync("promtool", ["test", "rules", "baton.rules.test.yml"], { cwd: folder, encoding: "utf8" })).toContain("SUCCESS");
});

async function metrics(node: BatonNode): Promise<Map<string, number>> {
    const text: string = (await node.api.call("GET", "/metrics")).body;
    const lines = text.split("\n").filter((line) => line && !line.startsWith("#"));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

test("an instance has every metric of the rules, and they tell who leads, since how many takeovers and how fast", async () => {
    lab = await Lab.start();
    const [primary, secondary] = await lab.pair();
    const rules = readFileSync(join(folder, "baton.rules.yml"), "utf8");
    const wanted = new Set([...rules.matchAll(/\b(leadership_\w+|health)\b(?=[{\[ ])/g)].map((match) => match[1]!));
    expect(wanted.size).toBeGreaterThan(4);
    const names = new Set([...(await metrics(primary)).keys()].map((key) => key.split("{")[0]));
    for (const name of wanted) expect(names, name).toContain(name);

    await eventually("the standby knows the epoch", async () => (await metrics(secondary)).get("leadership_epoch") === 1);
    expect((await metrics(secondary)).get("leadership_heartbeat_age_seconds")).toBe(0);
    await primary.stop("SIGKILL");
    await secondary.reaches("leading", { within: 2_000 });
    const after = await metrics(secondary);
    expect(after.get("leadership_epoch")).toBe(2);
    expect(after.get('leadership_state{state="leading"}')).toBe(1);
    expect(after.get('leadership_takeovers_total{reason="leader gone"}')).toBe(1);
    const age = after.get("leadership_heartbeat_age_seconds")!;
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThan(1.5);
    const took = after.get("leadership_last_takeover_seconds")!;
    expect(took).toBeGreaterThan(0);
    expect(after.get("leadership_last_gap_seconds")).toBeGreaterThan(took);
    await secondary.logs(/leadership: taking -> leading: leader gone, epoch 2/);
});

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { eventually } from "../lib/eventually";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { checkout } from "../lib/paths";
import { Requests } from "../lib/requests";

const folder = join(checkout, "deploy/prometheus");
const installed = spawnSync("promtool", ["--version"]).status === 0;

let lab: Lab | undefined;
afterEach(() => lab?.stop());

test.skipIf(!installed)("the alert rules fire when they should and not otherwise (promtool, Debian package prometheus)", () => {
    expect(execFileSync("promtool", ["test", "rules", "baton.rules.test.yml"], { cwd: folder, encoding: "utf8" })).toContain("SUCCESS");
});

test.skipIf(!installed)("the scrape configuration of deploy/compose.yaml is valid (promtool, Debian package prometheus)", () => {
    expect(execFileSync("promtool", ["check", "config", "prometheus.yml"], { cwd: folder, encoding: "utf8" })).toContain("8 rules found");
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

test("an instance has every metric of the Grafana dashboard once it has run a job and sent a transaction", async () => {
    lab = await Lab.start();
    const [primary, secondary] = await lab.pair();
    const requests = await Requests.begin(lab, primary);
    await requests.ask(1);
    expect(await requests.faults()).toEqual([]);
    await primary.stop("SIGKILL");
    await secondary.reaches("leading", { within: 2_000 });
    await requests.ask(1);
    expect(await requests.faults()).toEqual([]);

    const dashboard = JSON.parse(readFileSync(join(checkout, "deploy/grafana/baton.json"), "utf8"));
    const expressions: string[] = dashboard.panels.flatMap((panel: any) => panel.targets.map((target: any) => target.expr));
    expect(expressions.length).toBeGreaterThan(20);
    // A metric is what labels are asked of: every expression asks for the group.
    const wanted = new Set(expressions.flatMap((expression) => {
        const names = [...expression.matchAll(/([a-z_]+)\{job="\$job"/g)].map((match) => match[1]!);
        expect(names.length, expression).toBe(1);
        return names;
    }));
    await eventually("every metric is there", async () => {
        const names = new Set([...(await metrics(secondary)).keys()].map((key) => key.split("{")[0]!));
        const missing = [...wanted].filter((name) => !names.has(name));
        if (missing.length) throw new Error(`missing: ${missing.join(" ")}`);
        return true;
    }, { within: 20_000, every: 200 });
});

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkout } from "../lib/paths";

const folder = join(checkout, "deploy");
const compose = spawnSync("docker", ["compose", "version"]).status === 0;

test("what deploy/compose.yaml mounts is there, and names what the files inside name", () => {
    const text = readFileSync(join(folder, "compose.yaml"), "utf8");
    const mounted = [...text.matchAll(/(\.\/[\w./]+):/g)].map((match) => match[1]!);
    expect(mounted.length).toBe(6);
    for (const file of mounted) expect(existsSync(join(folder, file)), file).toBe(true);
    const scraped = readFileSync(join(folder, "prometheus/prometheus.yml"), "utf8");
    for (const service of ["chainlink", "secondary"]) {
        expect(text).toContain(`\n  ${service}:\n`);
        expect(scraped).toContain(`${service}:6688`);
    }
    expect(readFileSync(join(folder, "grafana/datasource.yml"), "utf8")).toContain("http://prometheus:9090");
    expect(text).toContain("\n  prometheus:\n");
});

test.skipIf(!existsSync("/usr/sbin/haproxy"))("its HAProxy starts before the names of the instances are known (haproxy -c)", () => {
    const written = /BATON_LISTEN: .*(?=})/.exec(readFileSync(join(folder, "compose.yaml"), "utf8"))![0];
    const env = Object.fromEntries([...written.matchAll(/(\w+): "([^"]*)"/g)].map((match) => [match[1]!, match[2]!]));
    expect(Object.keys(env)).toEqual(["BATON_LISTEN", "BATON_FIRST", "BATON_SECOND", "BATON_RESOLVE"]);
    const checked = spawnSync("/usr/sbin/haproxy", ["-c", "-f", "haproxy/haproxy.cfg"], { cwd: folder, env: { ...process.env, ...env }, encoding: "utf8" });
    expect(checked.stderr).toContain("could not resolve address 'secondary', disabling server");
    expect(checked.status).toBe(0);
});

test.skipIf(!compose)("deploy/compose.yaml is valid (docker compose config; skipped where docker has no compose)", () => {
    const env = { ...process.env, POSTGRES_PASSWORD: "Only-for-tests-0123456789" };
    const checked = spawnSync("docker", ["compose", "-f", "compose.yaml", "--profile", "balancer", "--profile", "watch", "config", "--quiet"], { cwd: folder, env, encoding: "utf8" });
    expect(checked.stderr).toBe("");
    expect(checked.status).toBe(0);
});

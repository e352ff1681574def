/**
 * Durable webhook runs of a five-task job over HTTP, with 1 and 16 connections: runs per second and latency, made by wrk. Every run
 * that was answered has to be in the database, or the program fails.
 *
 *   bench/runs [--seconds 5] [--rounds 3] [--connections 1,16] [--jobs 1] [--peer PATH]
 *
 * PostgreSQL commits with fsync and synchronous_commit = on. With a peer the programs take turns, round by round; so do, with
 * `--jobs 10,10000`, instances with so many jobs, which are called in turn.
 */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Chain } from "../lib/chain";
import { Contracts } from "../lib/contracts";
import type { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { checkout, scratchFolder } from "../lib/paths";
import { PostgresServer } from "../lib/postgres";
import { cpuMicros } from "./cpu";
import { type Subject, createJobOnceLeading, fiveTaskJob, labOf, median, option, printTable, subjects } from "./subject";

interface Load {
    perSecond: number;
    /** Milliseconds. */
    p50: number;
    p99: number;
    /** Microseconds of both cores per run: steadier than runs per second on a machine that others use too. */
    nodeCpu: number;
    serverCpu: number;
}
interface Running {
    subject: Subject;
    lab: Lab;
    node: BatonNode;
    jobs: number;
    /** The file with the paths of their runs. */
    paths: string;
}

const seconds = Number(option("seconds", "5"));
const rounds = Number(option("rounds", "3"));
const connectionCounts = option("connections", "1,16").split(",").map(Number);
const jobCounts = option("jobs", "1").split(",").map(Number);

async function start(subject: Subject, jobs: number, server: PostgresServer, chain: Chain, contracts: Contracts): Promise<Running> {
    const lab = await labOf(subject, server, chain, contracts, "dual");
    const node = await lab.node(subject.name);
    node.start();
    const created = [await createJobOnceLeading(lab, node, fiveTaskJob())];
    while (created.length < jobs) {
        const some = Array.from({ length: Math.min(16, jobs - created.length) }, () => lab.createJob(node, fiveTaskJob()));
        created.push(...(await Promise.all(some)));
    }
    const paths = join(scratchFolder("runs"), "paths");
    writeFileSync(paths, created.map((job) => `/v2/jobs/${job.externalJobId}/runs\n`).join(""));
    return { subject, lab, node, jobs, paths };
}

const jobsThatRan = ({ lab }: Running) => lab.database.value<number>("select count(distinct pipeline_spec_id) from pipeline_runs");

const storedRuns = ({ lab }: Running) =>
    lab.database.value<number>(
        "select count(*) from pipeline_runs r where state = 'completed' and 5 = (select count(*) from pipeline_task_runs t where t.pipeline_run_id = r.id)",
    );

async function load(running: Running, connections: number): Promise<Load> {
    const before = await storedRuns(running);
    const cpu = () => [cpuMicros([running.node.pid]), cpuMicros(server.processes())] as const;
    const [nodeBefore, serverBefore] = cpu();
    const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", join(checkout, "tests/bench/post-runs.lua"), running.node.api.url];
    const { stdout } = await promisify(execFile)("wrk", args, { env: { ...process.env, COOKIE: running.lab.session.cookie, PATHS: running.paths } });
    const [nodeAfter, serverAfter] = cpu();
    const [requests, micros, failed, p50, p99] = /^RESULT (.+)$/m.exec(stdout)![1]!.split(" ").map(Number) as [number, number, number, number, number];
    const stored = (await storedRuns(running)) - before;
    if (failed || stored < requests)
        throw new Error(`${running.subject.name}: ${requests} answers, ${failed} of them failed, ${stored} runs stored (log: ${running.node.logFile})`);
    return {
        perSecond: (requests * 1e6) / micros, p50: p50 / 1000, p99: p99 / 1000,
        nodeCpu: (nodeAfter - nodeBefore) / requests, serverCpu: (serverAfter - serverBefore) / requests,
    };
}

const server = await PostgresServer.start();
const chain = await Chain.start({ name: "bench", blockTime: 1 });
const running: Running[] = [];
try {
    const contracts = await Contracts.deploy(chain);
    for (const jobs of jobCounts)
        for (const subject of subjects()) running.push(await start(subject, jobs, server, chain, contracts));
    for (const connections of connectionCounts) {
        // Warms up.
        for (const each of running) do await load(each, connections); while ((await jobsThatRan(each)) < each.jobs);
        const loads: Load[][] = running.map(() => []);
        for (let round = 0; round < rounds; ++round)
            for (const [i, each] of running.entries()) loads[i]!.push(await load(each, connections));
        console.log(`\n${connections} connection${connections > 1 ? "s" : ""}, median of ${rounds} rounds of ${seconds} s`);
        const row = (name: string, key: keyof Load, digits: number) => ({
            name, digits, values: loads.map((list) => median(list.map((one) => one[key]))),
        });
        const columns = running.map(({ subject, jobs }) => ({ ...subject, name: jobCounts.length > 1 ? `${subject.name}, ${jobs} jobs` : subject.name }));
        printTable(columns, [
            row("runs per second", "perSecond", 0), row("latency p50, ms", "p50", 2), row("latency p99, ms", "p99", 2),
            row("CPU of the node, µs per run", "nodeCpu", 0), row("CPU of the server, µs per run", "serverCpu", 0),
        ]);
    }
} finally {
    for (const { lab } of running) await lab.stop();
    await chain.stop();
    server.stop();
}

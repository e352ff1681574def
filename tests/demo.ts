/** What ./demo runs: see there. */
import { setTimeout as pause } from "node:timers/promises";
import type { SentRequest } from "./lib/contracts";
import { Chain } from "./lib/chain";
import { Contracts } from "./lib/contracts";
import { eventually } from "./lib/eventually";
import { type Job, directRequestJob, webhookJob } from "./lib/jobs";
import { Lab } from "./lib/lab";
import { findFaults, findNonceFaults, readLedger } from "./lib/ledger";
import { type BatonNode, credentials } from "./lib/node";
import { logFolder } from "./lib/paths";
import { freePort, portIsFree } from "./lib/ports";
import { PostgresServer } from "./lib/postgres";

const once = process.argv.includes("--once");
const say = (text: string) => console.log(text);

interface Takeover {
    event: string;
    from: string;
    to: string;
    /** Milliseconds from the signal until the other instance has answered a webhook run. */
    gap: number;
}

/** Ends what was started, in reverse, whatever happened. */
const cleanups: (() => Promise<unknown> | unknown)[] = [];
async function cleanUp(): Promise<void> {
    for (const step of cleanups.reverse()) await Promise.resolve(step()).catch((error) => say(`while ending: ${error.message}`));
    cleanups.length = 0;
}

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
        if (interrupted) process.exit(130);
        interrupted = true;
        say("\nStopping; once more to stop at once.");
    });

async function portFor(what: string, wanted: number): Promise<number> {
    if (await portIsFree(wanted)) return wanted;
    const port = await freePort();
    say(`Port ${wanted} is taken: ${what} uses ${port} instead.`);
    return port;
}

/** Sends requests from an account of its own until told to stop. */
class Traffic {
    readonly sent: SentRequest[] = [];
    private stopped = false;
    private readonly done: Promise<void>;

    constructor(lab: Lab, job: Job, perSecond: number) {
        this.done = this.run(lab, job, perSecond);
    }

    private async run(lab: Lab, job: Job, perSecond: number): Promise<void> {
        const requester = await lab.contracts.requester(1);
        while (!this.stopped) {
            this.sent.push(await requester.send(job.externalJobId, { value: this.sent.length + 1 }));
            await pause(1000 / perSecond);
        }
    }

    async stop(): Promise<SentRequest[]> {
        this.stopped = true;
        await this.done;
        return this.sent;
    }
}

/** Stops the leader and measures until the standby does the work. */
async function takeOver(nodes: BatonNode[], webhook: Job, signal: "SIGKILL" | "SIGTERM"): Promise<Takeover> {
    const { leader, standby } = await pairAgain(nodes);
    const start = performance.now();
    leader.signal(signal);
    for (;;) {
        const answer = await standby.api.call("POST", `/v2/jobs/${webhook.externalJobId}/runs`, { value: 1 }).catch(() => undefined);
        if (answer?.status === 200) break;
        if (!standby.alive) standby.start();  // somebody else killed it
        if (performance.now() - start > 30_000) throw new Error(`${standby.name} did not take over; log: ${standby.logFile}`);
        await pause(1);
    }
    const gap = performance.now() - start;
    await eventually(`${leader.name} has ended`, () => !leader.alive);
    const event = signal === "SIGKILL" ? "killed (SIGKILL)" : "handed over (SIGTERM)";
    say(`${leader.name} ${event}: ${standby.name} answers after ${gap.toFixed(1)} ms`);
    return { event, from: leader.name, to: standby.name, gap };
}

/** What went wrong; prints the table. */
async function report(lab: Lab, sender: `0x${string}`, requests: SentRequest[], takeovers: Takeover[]): Promise<boolean> {
    await lab.answered(requests, { within: 60_000 }).catch((error) => say(error.message));
    await lab.settled({ within: 60_000 }).catch((error) => say(error.message));
    const ledger = await readLedger(lab.contracts, lab.database);
    const answers = requests.map((request) => ledger.get(request.requestId)?.answers ?? 0);
    const count = (test: (n: number) => boolean) => answers.filter(test).length;
    say("");
    say(`  requests sent       ${requests.length}`);
    say(`  answered            ${count((n) => n > 0)}`);
    say(`  lost                ${count((n) => n === 0)}`);
    say(`  answered twice      ${count((n) => n > 1)}`);
    say("");
    say("  takeover                                            gap in ms");
    for (const { event, from, to, gap } of takeovers)
        say(`  ${`${from} ${event}, then ${to}`.padEnd(50)} ${gap.toFixed(1).padStart(10)}`);
    say("");
    const faults = [
        ...(await findFaults(lab.contracts, lab.database, requests.map((request) => request.requestId))),
        ...(await findNonceFaults(lab.contracts, lab.database, sender)),
    ];
    for (const fault of faults) say(`  FAULT ${fault}`);
    return faults.length === 0;
}

/** Starts whoever has ended, killed by us or by somebody else, until one leads and the other stands by. */
async function pairAgain(nodes: BatonNode[]): Promise<{ leader: BatonNode; standby: BatonNode }> {
    return await eventually("one instance leads and the other stands by", async () => {
        for (const node of nodes) if (!node.alive) node.start();
        const states = await Promise.all(nodes.map(async (node) => (await node.leadership().catch(() => undefined))?.state));
        const leader = nodes[states.indexOf("leading")];
        const standby = nodes[states.indexOf("standby")];
        return leader && standby && { leader, standby };
    }, { within: 60_000, every: 100 });
}

async function main(): Promise<boolean> {
    say("Starting PostgreSQL, an Ethereum node (anvil) and the contracts ...");
    const postgres = await PostgresServer.start();
    cleanups.push(() => postgres.stop());
    const database = await postgres.createDatabase("baton_demo");
    cleanups.push(() => database.drop());
    const chain = await Chain.start({ blockTime: 1, port: await portFor("the Ethereum node", 8545) });
    cleanups.push(() => chain.stop());
    const contracts = await Contracts.deploy(chain);

    say("Starting two instances ...");
    const lab = await Lab.start({ database, chain, contracts, env: { INSECURE_FAST_SCRYPT: undefined, LOG_LEVEL: "info" } });
    cleanups.push(() => lab.stop());
    const primary = await lab.node("chainlink", { port: await portFor("chainlink", 6688) });
    const secondary = await lab.node("secondary", { port: await portFor("secondary", 6687) });
    primary.start();
    await primary.reaches("leading", { within: 60_000 });
    secondary.start();
    await secondary.reaches("standby", { within: 60_000 });
    const nodes = [primary, secondary];

    const sender = await lab.authorizeKeys(primary);
    const job = await lab.createJob(primary, directRequestJob({ operator: contracts.operator, name: "demo: 100 times the value" }));
    const webhook = await lab.createJob(primary, webhookJob({ name: "demo: webhook, to measure takeovers" }));
    say(`Operator ${contracts.operator} on chain 31337, node address ${sender}. Five requests a second.`);

    const traffic = new Traffic(lab, job, 5);
    const takeovers: Takeover[] = [];
    for (const signal of ["SIGKILL", "SIGKILL", "SIGKILL", "SIGKILL", "SIGTERM", "SIGTERM"] as const) {
        await pause(2_000);
        if (interrupted) break;
        takeovers.push(await takeOver(nodes, webhook, signal));
        await pause(500);
        await pairAgain(nodes);
    }
    await pause(2_000);
    const good = await report(lab, sender, [...(await traffic.stop())], takeovers);
    if (once || interrupted) return good;

    say(`Look at it:  http://localhost:${primary.port}/  and  http://localhost:${secondary.port}/`);
    say(`Log in with  ${credentials.email}  /  ${credentials.password}`);
    say(`Kill one:    kill -9 ${primary.pid} (chainlink) or ${secondary.pid} (secondary); it is started again. Logs: ${logFolder}`);
    say("Ctrl-C ends everything.");
    const more = new Traffic(lab, job, 1);
    while (!interrupted) {
        await pause(500);
        for (const node of nodes)
            if (!node.alive && !interrupted) {
                node.start();
                say(`${node.name} has ended and is started again, process ${node.pid}`);
            }
    }
    const rest = await more.stop();
    say("Waiting for the last answers ...");
    return (await report(lab, sender, [...traffic.sent, ...rest], [])) && good;
}

main()
    .then((good) => (process.exitCode = good ? 0 : 1))
    .catch((error) => {
        console.error(`demo: ${error.stack ?? error}`);
        process.exitCode = 1;
    })
    .finally(cleanUp)
    .finally(() => process.exit());

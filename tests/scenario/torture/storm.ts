import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { Chain } from "../../lib/chain";
import { Contracts } from "../../lib/contracts";
import { eventually } from "../../lib/eventually";
import { directRequestJob, webhookJob } from "../../lib/jobs";
import { Lab, type LockingMode } from "../../lib/lab";
import { logFolder } from "../../lib/paths";
import { PostgresServer } from "../../lib/postgres";
import { Proxy } from "../../lib/proxy";
import { Random } from "../../lib/random";
import { startAudit } from "./audit";
import { findAllFaults, gapsBetween } from "./checker";
import { Faults, type Victim, planFaults } from "./faults";
import { ChainLoad, WebhookLoad } from "./load";

export interface StormOptions {
    seed: number;
    milliseconds: number;
    /** Drawn from the seed when absent. */
    mode?: LockingMode;
}

export interface Report {
    /** Everything that is wrong; empty is what the test asks for. */
    faults: string[];
    /** What happened, for whoever reads. */
    lines: string[];
}

const instances = ["one", "two", "three"];
/** HA_SUSPECT_AFTER, in milliseconds. */
const suspectAfter = 1_000;
/**
 * Longest time in which no caller is answered. A fault costs F and a takeover; a few of them one on the other, a restart of the database (1 to
 * 2 s on two busy cores) and of the instances make more; a session that is silent and cannot be ended by anybody goes after D (10 s).
 */
const longestGap = 15_000;

/** Three instances under load, and faults at random instants; then what chain, database and the client's ledger say about it. */
export async function storm({ seed, milliseconds, mode: wanted }: StormOptions): Promise<Report> {
    const random = new Random(seed);
    const mode = random.pick<LockingMode>(["dual", "lease", "advisorylock", "none"]);
    const world = await World.start(wanted ?? mode);
    try {
        return await world.weather(planFaults(random, milliseconds), seed);
    } finally {
        await world.stop();
    }
}

class World {
    private constructor(
        private readonly server: PostgresServer,
        private readonly lab: Lab,
        private readonly victims: Victim[],
        private readonly mode: LockingMode,
    ) {}

    static async start(mode: LockingMode): Promise<World> {
        const server = await PostgresServer.start({ fast: true });
        const chain = await Chain.start({ name: "torture", blockTime: 0.5 });
        const database = await server.createDatabase();
        const lab = await Lab.start({
            database, chain, contracts: await Contracts.deploy(chain), mode,
            env: { HA_SUSPECT_AFTER: `${suspectAfter}ms`, LOG_LEVEL: "info" },
        });
        const victims: Victim[] = [];
        for (const name of instances) {
            const proxy = await Proxy.at(database.url);
            victims.push({ node: await lab.node(name, { env: { DATABASE_URL: proxy.url(database.url) } }), proxy, impaired: false });
        }
        return new World(server, lab, victims, mode);
    }

    async weather(plan: ReturnType<typeof planFaults>, seed: number): Promise<Report> {
        const { lab, victims } = this;
        const nodes = victims.map(({ node }) => node);
        nodes[0]!.start();
        await nodes[0]!.reaches("leading");
        const sender = await lab.authorizeKeys(nodes[0]!);
        const direct = await lab.createJob(nodes[0]!, directRequestJob({ operator: lab.contracts.operator }));
        const webhook = await lab.createJob(nodes[0]!, webhookJob());
        await startAudit(lab.database);
        for (const node of nodes.slice(1)) node.start();
        for (const node of nodes.slice(1)) await node.reaches("standby");

        const diary: string[] = [];
        const faults = new Faults(victims, this.server, lab.database, (line) => diary.push(line));
        const onChain = new ChainLoad(await lab.contracts.requester(1), direct, 4);
        const calls = new WebhookLoad(nodes, webhook, 3);
        onChain.start();
        calls.start();
        await faults.run(plan);
        await onChain.stop();
        const unfinished = await this.finished(onChain, calls);
        const found = [
            ...unfinished,
            ...faults.oddities,
            ...calls.oddities,
            ...(await findAllFaults({
                contracts: lab.contracts, database: lab.database, sender, requests: onChain.sent, webhook, calls: calls.calls, longestGap,
            })),
        ];
        const diaryFile = join(logFolder, `torture-${seed}.log`);
        writeFileSync(diaryFile, `${diary.join("\n")}\n`);
        return { faults: found, lines: await this.summary(faults, onChain, calls, diaryFile) };
    }

    /** Nothing strikes any more; whoever is gone comes back. */
    private calm(): void {
        for (const { node, proxy } of this.victims) {
            proxy.heal();
            if (!node.alive) node.start();
        }
    }

    /** What never ends is a fault to report, with the rest of what was found. */
    private async finished(onChain: ChainLoad, calls: WebhookLoad): Promise<string[]> {
        this.calm();
        try {
            await eventually("somebody leads", async () => {
                const states = await Promise.all(this.victims.map(({ node }) => node.leadership().then(({ state }) => state, () => "silent")));
                return states.includes("leading");
            }, { within: 60_000 });
            await calls.stop();
            await this.lab.answered(onChain.sent, { within: 60_000 });
            await this.lab.settled({ within: 60_000 });
            return [];
        } catch (error) {
            calls.giveUp();
            return [(error as Error).message];
        }
    }

    private async summary(faults: Faults, onChain: ChainLoad, calls: WebhookLoad, diaryFile: string): Promise<string[]> {
        const takeovers = await this.lab.database.query<{ reason: string; count: number }>(
            "select reason, count(*) from baton.leadership_log group by reason order by 2 desc");
        const counted = (pairs: Iterable<[unknown, number]>) => [...pairs].map(([what, count]) => `${what} ${count}`).join(", ");
        const gaps = gapsBetween(calls.calls.flatMap((call) => call.answeredAt ?? []));
        return [
            `locking mode ${this.mode}; faults: ${counted(faults.struck)} (${diaryFile})`,
            `takeovers: ${counted(takeovers.map(({ reason, count }): [string, number] => [reason, count]))}`,
            `${onChain.sent.length} requests on chain, ${calls.calls.length} calls; answers to the calls by status: ${counted(calls.statuses)}`,
            `longest times without an answer: ${gaps.slice(0, 5).join(", ")} ms`,
        ];
    }

    async stop(): Promise<void> {
        for (const { node } of this.victims) if (node.alive) node.signal("SIGCONT");
        await this.lab.stop();
        for (const { proxy } of this.victims) await proxy.stop();
        await this.lab.chain.stop();
        await this.lab.database.drop().catch(() => {});
        this.server.stop();
    }
}

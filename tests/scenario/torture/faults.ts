import { pause } from "../../lib/eventually";
import type { BatonNode } from "../../lib/node";
import type { Database, PostgresServer } from "../../lib/postgres";
import type { Proxy } from "../../lib/proxy";
import type { Random } from "../../lib/random";

/** An instance with its own way to the database. */
export interface Victim {
    node: BatonNode;
    proxy: Proxy;
    /** A fault is at work on it. */
    impaired: boolean;
}

/** One fault, drawn before the storm begins: the same seed draws the same faults at the same instants. */
export interface Planned {
    /** Milliseconds from the storm's begin. */
    at: number;
    kind: FaultKind;
    /** Aimed at the leader, if it is not impaired already. */
    atLeader: boolean;
    /** How long it lasts, in milliseconds. */
    lasts: number;
    /** Which of those that are left, in [0, 1). */
    pick: number;
}

const weights = {
    kill: 4, stop: 2, freeze: 3, cut: 3, silence: 2, stall: 2, "lock session": 3, "all sessions": 2, handover: 1,
    "database restart": 0.7, "database crash": 0.5,
} as const;
export type FaultKind = keyof typeof weights;

export function planFaults(random: Random, milliseconds: number): Planned[] {
    const kinds = Object.entries(weights) as [FaultKind, number][];
    const total = kinds.reduce((sum, [, weight]) => sum + weight, 0);
    const draw = (): FaultKind => {
        let at = random.next() * total;
        return kinds.find(([, weight]) => (at -= weight) < 0)?.[0] ?? "kill";
    };
    const plan: Planned[] = [];
    for (let at = 500; at < milliseconds; at += random.between(150, 900))
        plan.push({ at, kind: draw(), atLeader: random.next() < 0.7, lasts: random.between(100, 3_500), pick: random.next() });
    return plan;
}

/** Strikes as planned. One instance of them is always left alone, and the server does one thing at a time. */
export class Faults {
    readonly struck = new Map<FaultKind, number>();
    /** What an instance did that nobody made it do. */
    readonly oddities: string[] = [];
    private readonly underWay = new Set<Promise<void>>();
    private serverImpaired = false;

    constructor(
        private readonly victims: readonly Victim[],
        private readonly server: PostgresServer,
        private readonly database: Database,
        private readonly log: (line: string) => void,
    ) {}

    async run(plan: readonly Planned[]): Promise<void> {
        const start = Date.now();
        for (const fault of plan) {
            await pause(Math.max(0, start + fault.at - Date.now()));
            const work = this.strike(fault).catch((error) => void this.oddities.push(`${fault.kind} at ${fault.at} ms: ${error.message}`));
            this.underWay.add(work);
            void work.finally(() => this.underWay.delete(work));
        }
        await Promise.all(this.underWay);
    }

    private async strike(fault: Planned): Promise<void> {
        if (fault.kind.startsWith("database")) return this.strikeServer(fault);
        const leader = fault.atLeader ? await this.leader() : undefined;
        const healthy = this.victims.filter((victim) => !victim.impaired);
        if (healthy.length < 2) return;
        const victim = healthy.find((one) => one.node.name === leader) ?? healthy[Math.floor(fault.pick * healthy.length)]!;
        this.note(fault, `${victim.node.name}${victim.node.name === leader ? " (leads)" : ""}`);
        victim.impaired = true;
        try {
            await this.strikeInstance(fault, victim);
        } finally {
            victim.impaired = false;
        }
    }

    private note(fault: Planned, whom: string): void {
        this.struck.set(fault.kind, (this.struck.get(fault.kind) ?? 0) + 1);
        this.log(`${String(Math.round(fault.at)).padStart(7)} ms  ${fault.kind}: ${whom}, ${Math.round(fault.lasts)} ms`);
    }

    private async strikeInstance(fault: Planned, { node, proxy }: Victim): Promise<void> {
        if (!node.alive) {
            this.oddities.push(`${node.name} has ended by itself (log: ${node.logFile})`);
            return node.start();
        }
        switch (fault.kind) {
            case "kill":
            case "stop": {
                const exit = await node.stop(fault.kind === "kill" ? "SIGKILL" : "SIGTERM");
                if (fault.kind === "stop" && exit.code === null && exit.signal !== "SIGTERM")
                    this.oddities.push(`${node.name} ended by ${exit.signal} when it was asked to stop (log: ${node.logFile})`);
                await pause(fault.lasts / 3);
                return node.start();
            }
            case "freeze":
                node.signal("SIGSTOP");
                await pause(fault.lasts);
                return node.signal("SIGCONT");
            case "cut":
                return proxy.cut();
            case "silence":
            case "stall":
                proxy.fault(fault.kind === "silence" ? "drop" : "hold");
                await pause(fault.lasts);
                return proxy.heal();
            case "lock session":
                return this.endSessions(node, "and exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory' and l.objsubid in (1, 2))");
            case "all sessions":
                return this.endSessions(node, "");
            case "handover":
                await node.api.call("POST", "/v2/leadership/handover").catch(() => {});
        }
    }

    private async endSessions(node: BatonNode, which: string): Promise<void> {
        await this.database.query(
            `select pg_terminate_backend(a.pid) from pg_stat_activity a join baton.instances i
                on position(left(i.client_id::text, 28) in a.application_name) > 0 where i.name = $1 ${which}`,
            [node.name],
        ).catch(() => {});
    }

    private async strikeServer(fault: Planned): Promise<void> {
        if (this.serverImpaired) return;
        this.serverImpaired = true;
        this.note(fault, "the server");
        try {
            if (fault.kind === "database crash") await this.server.crash();
            else await this.server.down(fault.pick < 0.5 ? "fast" : "immediate");
            await pause(fault.lasts / 5);
            await this.server.up();
        } finally {
            this.serverImpaired = false;
        }
    }

    private async leader(): Promise<string | undefined> {
        return this.database.value<string>("select instance from baton.leadership").catch(() => undefined);
    }
}

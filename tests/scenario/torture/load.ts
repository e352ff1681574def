import { Requester, type SentRequest } from "../../lib/contracts";
import { pause } from "../../lib/eventually";
import type { Job } from "../../lib/jobs";
import type { BatonNode } from "../../lib/node";

/** A webhook call as its caller saw it: the client's own ledger. */
export interface Call {
    key: string;
    value: number;
    begun: number;
    /** Absent while nobody has answered it with 200. */
    answeredAt?: number;
    /** Ids of the runs that were named in answers to it, the repetitions too. */
    runs: string[];
}

/** A caller goes on to the next instance after so many milliseconds: one whose database is silent keeps it waiting for its query timeout. */
const callPatience = 2_000;

/** Sends requests on chain at a steady rate until `stop`. */
export class ChainLoad {
    readonly sent: SentRequest[] = [];
    private stopping = false;
    private done?: Promise<void>;

    constructor(
        private readonly requester: Requester,
        private readonly job: Job,
        private readonly perSecond: number,
    ) {}

    start(): void {
        this.done = this.run();
    }

    private async run(): Promise<void> {
        const start = Date.now();
        while (!this.stopping) {
            this.sent.push(await this.requester.send(this.job.externalJobId, { value: this.sent.length }));
            await pause(Math.max(0, start + (this.sent.length * 1000) / this.perSecond - Date.now()));
        }
    }

    async stop(): Promise<void> {
        this.stopping = true;
        await this.done;
    }
}

/**
 * Callers that start webhook runs with an Idempotency-Key, one call after the other. Each repeats its call at one instance after the other
 * until one answers 200, and one answered call in five is repeated as if the answer had been lost.
 */
export class WebhookLoad {
    readonly calls: Call[] = [];
    /** How often each status came; 0: no answer. */
    readonly statuses = new Map<number, number>();
    /** Answers that no fault explains. */
    readonly oddities: string[] = [];
    private stopping = false;
    private givenUp = false;
    private done?: Promise<unknown>;

    constructor(
        private readonly nodes: readonly Pick<BatonNode, "name" | "api">[],
        private readonly job: Job,
        private readonly callers: number,
    ) {}

    start(): void {
        this.done = Promise.all(Array.from({ length: this.callers }, (_, caller) => this.run(caller)));
    }

    private async run(caller: number): Promise<void> {
        while (!this.stopping) {
            const value = this.calls.length;
            const call: Call = { key: `order-${value}`, value, begun: Date.now(), runs: [] };
            this.calls.push(call);
            await this.untilAnswered(call, caller);
            if (value % 5 === 0) await this.untilAnswered(call, caller + 1);
            await pause(50);
        }
    }

    private async untilAnswered(call: Call, first: number): Promise<void> {
        for (let attempt = first; !this.givenUp; ++attempt) {
            const node = this.nodes[attempt % this.nodes.length]!;
            const asked = node.api
                .call("POST", `/v2/jobs/${this.job.externalJobId}/runs`, { value: call.value }, { "Idempotency-Key": call.key })
                .catch(() => undefined);
            const answer = await Promise.race([asked, pause(callPatience).then(() => undefined)]);
            const status = answer?.status ?? 0;
            this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
            if (answer && status === 200) {
                call.answeredAt ??= Date.now();
                call.runs.push(answer.body.data.id);
                const { outputs } = answer.body.data.attributes;
                if (JSON.stringify(outputs) !== JSON.stringify([String(call.value * 10)]))
                    this.oddities.push(`${call.key}: answered with ${JSON.stringify(outputs)}`);
                return;
            }
            // 502, 503: what an instance in trouble says. 500 is for what nobody foresaw.
            if (answer && status <= 500) this.oddities.push(`${call.key}: ${node.name} answered ${status} ${JSON.stringify(answer.body)}`);
            await pause(20);
        }
    }

    async stop(): Promise<void> {
        this.stopping = true;
        await this.done;
    }

    /** Calls that are not answered stay so. */
    giveUp(): void {
        this.stopping = this.givenUp = true;
    }
}

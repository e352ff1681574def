import type { Address } from "viem";
import type { Requester, SentRequest } from "./contracts";
import { type Job, directRequestJob } from "./jobs";
import type { Lab } from "./lab";
import { findFaults, findNonceFaults } from "./ledger";
import type { BatonNode } from "./node";

/** Requests on chain for one job of a lab, and what must be true of all of them in the end. */
export class Requests {
    readonly sent: SentRequest[] = [];

    private constructor(
        private readonly lab: Lab,
        readonly job: Job,
        readonly requester: Requester,
        readonly sender: Address,
    ) {}

    /** Makes the job at the leader and gives its key the right to answer. */
    static async begin(lab: Lab, leader: BatonNode): Promise<Requests> {
        const sender = await lab.authorizeKeys(leader);
        const job = await lab.createJob(leader, directRequestJob({ operator: lab.contracts.operator }));
        return new Requests(lab, job, await lab.contracts.requester(1), sender);
    }

    async ask(count: number): Promise<void> {
        for (let i = 0; i < count; ++i) this.sent.push(await this.requester.send(this.job.externalJobId, { value: this.sent.length }));
    }

    /** Waits until each is answered and nothing is under way; gives what is wrong with any of them, or with a nonce. */
    async faults(): Promise<string[]> {
        await this.lab.answered(this.sent);
        await this.lab.settled();
        return [
            ...(await findFaults(this.lab.contracts, this.lab.database, this.sent.map((request) => request.requestId))),
            ...(await findNonceFaults(this.lab.contracts, this.lab.database, this.sender)),
        ];
    }
}

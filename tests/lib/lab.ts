import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Address, parseEther } from "viem";
import { Chain, chainId } from "./chain";
import { Contracts, type SentRequest } from "./contracts";
import { type Patience, eventually } from "./eventually";
import { Session } from "./http";
import type { Job } from "./jobs";
import { BatonNode } from "./node";
import { scratchFolder } from "./paths";
import { freePort } from "./ports";
import { type Database, PostgresServer } from "./postgres";

export type LockingMode = "dual" | "lease" | "advisorylock" | "none";

export interface LabOptions {
    blockTime?: number;
    mode?: LockingMode;
    /** A running chain with contracts instead of a new one. */
    chain?: Chain;
    contracts?: Contracts;
    database?: Database;
    env?: Record<string, string | undefined>;
    /** The program of the instances, if it is not the one under test. */
    binary?: string;
}

/** What one scenario needs: a database, a chain with contracts, and instances that share both. */
export class Lab {
    readonly session = new Session();
    readonly nodes: BatonNode[] = [];
    private readonly folder = scratchFolder("lab");

    private constructor(
        readonly database: Database,
        readonly chain: Chain,
        readonly contracts: Contracts,
        private readonly options: LabOptions,
    ) {}

    static async start(options: LabOptions = {}): Promise<Lab> {
        const database =
            options.database ?? (await (await PostgresServer.at(process.env.BATON_TEST_DATABASE_URL!)).createDatabase());
        const chain = options.chain ?? (await Chain.start({ blockTime: options.blockTime ?? 0.5 }));
        const contracts = options.contracts ?? (await Contracts.deploy(chain));
        return new Lab(database, chain, contracts, options);
    }

    /** An instance that is not started yet. `port` 0 finds a free one. */
    async node(
        name: string,
        options: { port?: number; root?: string; env?: Record<string, string | undefined>; host?: string; through?: string[]; binary?: string } = {},
    ): Promise<BatonNode> {
        const node = new BatonNode({
            name,
            root: options.root ?? join(this.folder, `${name}-${this.nodes.length}`),
            port: options.port || (await freePort()),
            host: options.host,
            session: this.session,
            binary: options.binary ?? this.options.binary,
            through: options.through,
            env: {
                DATABASE_URL: this.database.url,
                DATABASE_LOCKING_MODE: this.options.mode,
                ETH_CHAIN_ID: String(chainId),
                ETH_URL: this.chain.wsUrl,
                ETH_HTTP_URL: this.chain.httpUrl,
                LINK_CONTRACT_ADDRESS: this.contracts.link,
                CHAINLINK_TLS_PORT: "0",
                SECURE_COOKIES: "false",
                ALLOW_ORIGINS: "*",
                LOG_LEVEL: "debug",
                LOG_FILE_MAX_SIZE: "0",
                MIN_INCOMING_CONFIRMATIONS: "1",
                MINIMUM_CONTRACT_PAYMENT_LINK_JUELS: "0",
                GAS_ESTIMATOR_MODE: "FixedPrice",
                ETH_GAS_PRICE_DEFAULT: "2000000000",
                ETH_MAX_IN_FLIGHT_TRANSACTIONS: "0",
                ETH_MAX_QUEUED_TRANSACTIONS: "0",
                INSECURE_FAST_SCRYPT: "true",
                AUTHENTICATED_RATE_LIMIT: "1000000",
                UNAUTHENTICATED_RATE_LIMIT: "1000000",
                ...this.options.env,
                ...options.env,
            },
        });
        this.nodes.push(node);
        return node;
    }

    /** Two instances as operators run them: the first leads, the second waits. */
    async pair(): Promise<[BatonNode, BatonNode]> {
        const primary = await this.node("chainlink");
        const secondary = await this.node("secondary");
        primary.start();
        await primary.reaches("leading");
        secondary.start();
        await secondary.reaches("standby");
        return [primary, secondary];
    }

    /** Gives the node's sending key ether and the right to answer; returns its address. */
    async authorizeKeys(node: BatonNode): Promise<Address> {
        const keys = await eventually("the node has a key", async () => {
            const { data } = await node.api.get("/v2/keys/eth");
            return data.length > 0 && data;
        });
        const addresses = keys.map((key: any) => key.attributes.address as Address);
        for (const address of addresses) await this.chain.fund(address, parseEther("1000"));
        await this.contracts.setAuthorizedSenders(addresses);
        return addresses[0];
    }

    async createJob(node: BatonNode, spec: { externalJobId: string; toml: string }): Promise<Job> {
        const { data } = await node.api.expect(200, "POST", "/v2/jobs", { toml: spec.toml });
        return { id: data.id, externalJobId: spec.externalJobId };
    }

    /** Waits until the chain holds exactly these answers, or more. */
    async answered(requests: SentRequest[], patience: Patience = {}): Promise<void> {
        await eventually(`${requests.length} requests are answered`, async () => {
            const answered = new Set(await this.contracts.answered());
            const missing = requests.filter((request) => !answered.has(request.requestId));
            if (missing.length) throw new Error(`${missing.length} are missing, the first is ${missing[0]!.requestId}`);
            return true;
        }, { every: 100, ...patience });
    }

    /** Waits until no run and no transaction is under way any more. */
    async settled(patience: Patience = {}): Promise<void> {
        await eventually("every run and every transaction is finished", async () => {
            const open = await this.database.query(
                `select 'run' as what, state::text, count(*) from pipeline_runs where state in ('running', 'suspended') group by state
                 union all
                 select 'transaction', state::text, count(*) from eth_txes where state not in ('confirmed', 'fatal_error') group by state`,
            );
            if (open.length) throw new Error(JSON.stringify(open));
            return true;
        }, { every: 100, ...patience });
    }

    /** Name of the instance that the database says leads. */
    leader(): Promise<string | undefined> {
        return this.database.value<string | undefined>("select instance from baton.leadership");
    }

    /** Ends everything that this lab started. */
    async stop(): Promise<void> {
        for (const node of this.nodes) if (node.alive) await node.stop("SIGKILL");
        if (!this.options.chain) await this.chain.stop();
        if (!this.options.database) await this.database.drop();
        rmSync(this.folder, { recursive: true, force: true });
    }
}

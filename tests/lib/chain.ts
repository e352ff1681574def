import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Address, type Hex, type TransactionReceipt, createPublicClient, createTestClient, createWalletClient, http } from "viem";
import { type HDAccount, mnemonicToAccount } from "viem/accounts";
import { foundry } from "viem/chains";
import { Child } from "./child";
import { eventually } from "./eventually";
import { checkout, logFolder } from "./paths";
import { freePort } from "./ports";

export const chainId = 31337;

/** The npm package for this platform brings the program; ANVIL names another one. */
const anvil =
    process.env.ANVIL ??
    join(
        checkout,
        `tests/node_modules/@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}/bin/anvil`,
    );

/** The accounts that anvil funds: 0 deploys and owns the contracts, the others send requests. */
export const account = (index: number) => (accounts[index] ??= mnemonicToAccount(mnemonic, { addressIndex: index }));
const mnemonic = "test test test test test test test test test test test junk";
const accounts: HDAccount[] = [];

/** A running anvil. */
export class Chain {
    readonly httpUrl: string;
    readonly wsUrl: string;
    readonly client;
    readonly control;

    private constructor(
        private readonly child: Child,
        readonly port: number,
        host: string,
    ) {
        this.httpUrl = `http://${host}:${port}`;
        this.wsUrl = `ws://${host}:${port}`;
        const transport = http(this.httpUrl, { retryCount: 0 });
        this.client = createPublicClient({ chain: foundry, transport, pollingInterval: 50, cacheTime: 0 });
        this.control = createTestClient({ chain: foundry, mode: "anvil", transport });
    }

    /** `blockTime` in seconds, fractions allowed; without it every transaction makes a block. `host`: the address where it listens. */
    static async start(options: { name?: string; blockTime?: number; loadState?: string; port?: number; host?: string } = {}): Promise<Chain> {
        if (!existsSync(anvil)) throw new Error(`no anvil at ${anvil}: run tools/setup, or name one with ANVIL`);
        const port = options.port ?? (await freePort());
        const host = options.host ?? "127.0.0.1";
        const args = ["--host", host, "--port", String(port), "--chain-id", String(chainId), "--order", "fifo"];
        if (options.blockTime) args.push("--block-time", String(options.blockTime));
        if (options.loadState) args.push("--load-state", options.loadState);
        const logFile = join(logFolder, `${options.name ?? "chain"}-${port}.log`);
        rmSync(logFile, { force: true });
        const child = Child.start(anvil, args, { logFile });
        const chain = new Chain(child, port, host);
        await eventually(`anvil answers on port ${port} (log: ${logFile})`, async () => {
            if (!child.alive) throw new Error("anvil has ended");
            return (await chain.client.getChainId()) === chainId;
        });
        return chain;
    }

    wallet(index: number) {
        return createWalletClient({ account: account(index), chain: foundry, transport: http(this.httpUrl, { retryCount: 0 }) });
    }

    /** Waits for the receipt; makes a block instead of waiting for one. */
    async mined(hash: Hex): Promise<TransactionReceipt> {
        await this.control.mine({ blocks: 1 });
        return this.client.waitForTransactionReceipt({ hash });
    }

    async fund(address: Address, wei: bigint): Promise<void> {
        await this.control.setBalance({ address, value: wei });
    }

    async stop(): Promise<void> {
        await this.child.stop("SIGKILL");
    }
}

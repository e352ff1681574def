import {
    type Address,
    type Hex,
    encodeFunctionData,
    encodePacked,
    getAddress,
    keccak256,
    parseAbiItem,
    parseEther,
    toHex,
} from "viem";
import { loadContract } from "../contracts/compile";
import { encodeParameters } from "./cbor";
import { type Chain, account, chainId } from "./chain";

const oracleRequestEvent = parseAbiItem(
    "event OracleRequest(bytes32 indexed specId, address requester, bytes32 requestId, uint256 payment, address callbackAddr, bytes4 callbackFunctionId, uint256 cancelExpiration, uint256 dataVersion, bytes data)",
);
const oracleResponseEvent = parseAbiItem("event OracleResponse(bytes32 indexed requestId)");

export interface SentRequest {
    requestId: Hex;
    txHash: Hex;
    /** Milliseconds since the epoch at which it was handed to the chain. */
    sentAt: number;
}

/** LinkToken and Operator on a chain. Account 0 owns both. */
export class Contracts {
    constructor(
        readonly chain: Chain,
        readonly link: Address,
        readonly operator: Address,
    ) {}

    static async deploy(chain: Chain): Promise<Contracts> {
        const owner = chain.wallet(0);
        const deploy = async (name: "LinkToken" | "Operator", args: unknown[]): Promise<Address> => {
            const { abi, bytecode } = loadContract(name);
            const hash = await owner.deployContract({ abi, bytecode, args });
            return getAddress((await chain.mined(hash)).contractAddress!);
        };
        const link = await deploy("LinkToken", []);
        const operator = await deploy("Operator", [link, owner.account.address]);
        const contracts = new Contracts(chain, link, operator);
        await contracts.asOwner("LinkToken", "grantMintRole", [owner.account.address]);
        return contracts;
    }

    /** A call from the owner, mined before this returns. */
    private async asOwner(name: "LinkToken" | "Operator", functionName: string, args: unknown[]): Promise<void> {
        const hash = await this.chain.wallet(0).writeContract({
            address: name === "LinkToken" ? this.link : this.operator,
            abi: loadContract(name).abi,
            functionName,
            args,
        });
        const receipt = await this.chain.mined(hash);
        if (receipt.status !== "success") throw new Error(`${name}.${functionName} reverted`);
    }

    async setAuthorizedSenders(senders: Address[]): Promise<void> {
        await this.asOwner("Operator", "setAuthorizedSenders", [senders]);
    }

    async mintLink(to: Address, amount: bigint): Promise<void> {
        await this.asOwner("LinkToken", "mint", [to, amount]);
    }

    /** Ids of all requests that were answered, one entry per OracleResponse. */
    async answered(): Promise<Hex[]> {
        const logs = await this.chain.client.getLogs({ address: this.operator, event: oracleResponseEvent, fromBlock: 0n });
        return logs.map((log) => log.args.requestId!);
    }

    /** All requests that the chain holds. */
    async requested() {
        return this.chain.client.getLogs({ address: this.operator, event: oracleRequestEvent, fromBlock: 0n });
    }

    /** Somebody who asks: an account of its own, so that its nonces are nobody else's. */
    async requester(index: number): Promise<Requester> {
        const requester = new Requester(this, index);
        await this.mintLink(account(index).address, parseEther("1000000"));
        await requester.begin();
        return requester;
    }
}

/** Sends requests from one of anvil's accounts through LinkToken.transferAndCall. */
export class Requester {
    private transactionNonce = 0;
    private requestNonce = 0;

    constructor(
        private readonly contracts: Contracts,
        private readonly index: number,
    ) {}

    async begin(): Promise<void> {
        const { client } = this.contracts.chain;
        this.transactionNonce = await client.getTransactionCount({ address: account(this.index).address, blockTag: "pending" });
        this.requestNonce = this.transactionNonce;
    }

    /** Asks for job `externalJobId`; `data` is what the log carries, CBOR members unless given as raw bytes. */
    async send(
        externalJobId: string,
        data: Record<string, string | number> | Hex = {},
        payment = 10n ** 18n,
    ): Promise<SentRequest> {
        const sender = account(this.index).address;
        const nonce = BigInt(this.requestNonce++);
        // The job's id as 32 ASCII characters is one of the two forms that the node listens for.
        const specId = toHex(externalJobId.replaceAll("-", ""));
        const request = encodeFunctionData({
            abi: loadContract("Operator").abi,
            functionName: "oracleRequest",
            args: [sender, payment, specId, sender, "0x12345678", nonce, 1n, typeof data === "string" ? data : encodeParameters(data)],
        });
        const sentAt = Date.now();
        // Signed here with everything given, so that a request costs one call and a steady stream is possible.
        const serializedTransaction = await account(this.index).signTransaction({
            chainId,
            to: this.contracts.link,
            data: encodeFunctionData({
                abi: loadContract("LinkToken").abi,
                functionName: "transferAndCall",
                args: [this.contracts.operator, payment, request],
            }),
            nonce: this.transactionNonce++,
            gas: 300_000n,
            maxFeePerGas: 10n ** 11n,
            maxPriorityFeePerGas: 1n,
        });
        const txHash = await this.contracts.chain.client.sendRawTransaction({ serializedTransaction });
        return { requestId: keccak256(encodePacked(["address", "uint256"], [sender, nonce])), txHash, sentAt };
    }
}

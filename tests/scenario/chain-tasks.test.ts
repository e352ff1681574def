import { randomUUID } from "node:crypto";
import {
    type Address,
    type Hex,
    concat,
    decodeAbiParameters,
    encodeAbiParameters,
    encodeFunctionData,
    keccak256,
    parseAbi,
    parseAbiParameters,
    size,
    slice,
    toHex,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadContract } from "../contracts/compile";
import { account } from "../lib/chain";
import { ringWithVrfKeys } from "../lib/key-ring";
import { Lab } from "../lib/lab";
import type { BatonNode } from "../lib/node";

const proofType = {
    type: "tuple",
    components: [
        { name: "pk", type: "uint256[2]" },
        { name: "gamma", type: "uint256[2]" },
        { name: "c", type: "uint256" },
        { name: "s", type: "uint256" },
        { name: "seed", type: "uint256" },
        { name: "uWitness", type: "address" },
        { name: "cGammaWitness", type: "uint256[2]" },
        { name: "sHashWitness", type: "uint256[2]" },
        { name: "zInv", type: "uint256" },
    ],
} as const;
const secret = 0x1abba90e8af63e50bda491c96107f1892ae0a827c04c8a254370e574c6a2324an;

describe("tasks that ask the chain and the key ring", () => {
    let lab: Lab;
    let node: BatonNode;
    beforeAll(async () => {
        lab = await Lab.start();
        node = await lab.node("chain-tasks");
        expect((await node.command(["node", "db", "migrate"])).code).toBe(0);
        await lab.database.query(
            `insert into encrypted_key_rings (encrypted_keys, updated_at) values ('${ringWithVrfKeys([secret])}', now())`,
        );
        node.start();
        await node.reaches("leading");
    });
    afterAll(() => lab?.stop());

    /** One run of a new webhook job: attributes of the run as the API gives them. */
    async function run(source: string, body: unknown = {}): Promise<{ outputs: any[]; fatalErrors: any[] }> {
        const externalJobId = randomUUID();
        const toml = `type = "webhook"\nschemaVersion = 1\nexternalJobID = "${externalJobId}"\nobservationSource = '''\n${source}\n'''\n`;
        await lab.createJob(node, { externalJobId, toml });
        const { data } = await node.api.expect(200, "POST", `/v2/jobs/${externalJobId}/runs`, body);
        return data.attributes;
    }

    const link = parseAbi(["function balanceOf(address owner) view returns (uint256)", "function transfer(address to, uint256 value) returns (bool)"]);
    const failing = (attributes = "") => `
        call [type=ethcall contract="${lab.contracts.link}" data=<"${encodeFunctionData({
            abi: link,
            functionName: "transfer",
            args: [account(1).address, 1n],
        })}"> from="${account(9).address}" ${attributes}]`;

    test("a call reads a contract", async () => {
        const call = `
            encode [type=ethabiencode abi="balanceOf(address owner)" data=<{"owner": "${account(0).address}"}>]
            call [type=ethcall contract="${lab.contracts.link}" data="$(encode)"]
            decode [type=ethabidecode abi="uint256 balance" data="$(call)"]
            balance [type=multiply input="$(decode.balance)" times=1]
            encode -> call -> decode -> balance`;
        const balance = () =>
            lab.chain.client.readContract({ address: lab.contracts.link, abi: link, functionName: "balanceOf", args: [account(0).address] });
        const { outputs } = await run(call);
        expect(outputs).toEqual([String(await balance())]);
    });

    test("a call that reverts tells why", async () => {
        const { fatalErrors } = await run(failing());
        expect(fatalErrors[0]).toMatch(/transfer amount exceeds balance/);
        const extracted = await run(failing("extractRevertReason=true"));
        expect(extracted.fatalErrors[0]).toMatch(/transfer amount exceeds balance/);
    });

    test("a chain that is not configured is an error of the task", async () => {
        const { fatalErrors } = await run(failing(`evmChainID="5"`));
        expect(fatalErrors).toEqual(["chain not found with id 5"]);
    });

    test("the latest block is one of the chain", async () => {
        const { outputs } = await run("block [type=ethgetblock]");
        const block = JSON.parse(outputs[0]);
        const real = await lab.chain.client.getBlock({ blockHash: block.hash });
        expect([BigInt(block.number), block.parentHash, block.stateRoot]).toEqual([real.number, real.parentHash, real.stateRoot]);
        expect(Date.parse(block.timestamp)).toBe(Number(real.timestamp) * 1000);
        expect(block.baseFeePerGas).toMatch(/^[0-9.]+ (wei|kwei|mwei|gwei)$/);
    });

    test("gas is estimated, and the limit stands in where the call fails", async () => {
        const data = encodeFunctionData({ abi: link, functionName: "balanceOf", args: [account(0).address] });
        const estimate = await lab.chain.client.estimateGas({ to: lab.contracts.link, data, account: "0x0000000000000000000000000000000000000000" });
        const task = (what: string) => `gas [type=estimategaslimit to="${lab.contracts.link}" data="${what}" multiplier=2]`;
        expect((await run(task(data))).outputs).toEqual([String(2n * estimate)]);
        expect((await run(task("0xffffffff"))).outputs).toEqual(["500000"]);
    });

    const sec1 = privateKeyToAccount(toHex(secret, { size: 32 })).publicKey;
    const point = slice(sec1, 1);
    const publicKey = concat([slice(point, 0, 32), toHex(BigInt(point) & 1n, { size: 1 })]);
    const keyHash = keccak256(point);
    const request = { publicKey, blockHash: keccak256("0x01"), blockNumber: "123", topics: [keccak256("0x02"), keccak256("0x03")] };
    const preSeed = 42n;
    const finalSeed = BigInt(keccak256(concat([toHex(preSeed, { size: 32 }), request.blockHash])));

    /** A job that decodes a log with this ABI and hands it to the task. */
    const vrfJob = (type: string, abi: string) =>
        `${["log", "publicKey", "blockHash", "blockNumber", "topics"]
            .map((name) => `${name} [type=jsonparse data="$(jobRun.requestBody)" path="${name}"]`)
            .join("\n")}
        decode [type=ethabidecode abi="${abi}" data="$(log)"]
        prove [type=${type} publicKey="$(publicKey)" requestBlockHash="$(blockHash)" requestBlockNumber="$(blockNumber)" topics="$(topics)"]
        log -> decode -> prove`;

    /** The random value, if the contracts' own verifier takes the proof. */
    async function verified(words: Hex): Promise<bigint> {
        const { abi, bytecode } = loadContract("VRFTestHelper");
        verifier ??= (await lab.chain.mined(await lab.chain.wallet(0).deployContract({ abi, bytecode }))).contractAddress!;
        const [proof] = decodeAbiParameters([proofType], words);
        return (await lab.chain.client.readContract({
            address: verifier,
            abi,
            functionName: "randomValueFromVRFProof_",
            args: [proof, finalSeed],
        })) as bigint;
    }
    let verifier: Address | undefined;
    const wordsOf = (bytes: Hex, from: number) => slice(bytes, from, from + 13 * 32);

    test("a proof of version 1 is taken by the contracts' verifier", async () => {
        const log = encodeAbiParameters(parseAbiParameters("bytes32, uint256, bytes32"), [keyHash, preSeed, request.topics[1]!]);
        const { outputs } = await run(vrfJob("vrf", "bytes32 keyHash, uint256 seed, bytes32 jobID"), { ...request, log });
        expect(size(outputs[0])).toBe(448);
        const random = await verified(wordsOf(outputs[0], 0));
        expect(random).toBe(BigInt(keccak256(concat([toHex(3, { size: 32 }), slice(outputs[0], 64, 128)]))));
        expect(BigInt(slice(outputs[0] as Hex, 416))).toBe(123n);
        const other = keccak256("0x04");
        const foreign = encodeAbiParameters(parseAbiParameters("bytes32, uint256, bytes32"), [keyHash, preSeed, other]);
        const refused = await run(vrfJob("vrf", "bytes32 keyHash, uint256 seed, bytes32 jobID"), { ...request, log: foreign });
        expect(refused.fatalErrors[0]).toMatch(/^request jobID \[.*\] doesn't match expected \[.*\] or \[.*\]$/);
    });

    test("a proof of version 2 is a call of the coordinator that the verifier takes", async () => {
        const names = "bytes32 keyHash, uint256 preSeed, uint256 requestId, uint64 subId, uint32 callbackGasLimit, uint32 numWords, address sender";
        const log = encodeAbiParameters(parseAbiParameters(names), [keyHash, preSeed, 7n, 9n, 100_000, 3, account(1).address]);
        const { outputs } = await run(vrfJob("vrfv2", names), { ...request, log });
        const { output, requestID, requestCommitment } = JSON.parse(outputs[0]);
        expect([slice(output, 0, 4), size(output), requestID]).toEqual(["0xaf198b97", 580, "0x07"]);
        expect(requestCommitment).toMatchObject({ BlockNum: 123, SubId: 9, CallbackGasLimit: 100_000, NumWords: 3 });
        expect(await verified(wordsOf(output, 4))).toBeGreaterThan(0n);
    });

    test("a key that the node does not have", async () => {
        const stranger = slice(privateKeyToAccount(toHex(77, { size: 32 })).publicKey, 1);
        const id = concat([slice(stranger, 0, 32), toHex(BigInt(stranger) & 1n, { size: 1 })]);
        const log = encodeAbiParameters(parseAbiParameters("bytes32, uint256, bytes32"), [keccak256(stranger), preSeed, request.topics[0]!]);
        const { fatalErrors } = await run(vrfJob("vrf", "bytes32 keyHash, uint256 seed, bytes32 jobID"), { ...request, publicKey: id, log });
        expect(fatalErrors).toEqual([`unable to find VRF key with id ${id}`]);
    });

    test("while the chain is away a call is an error, and other runs are not held up", async () => {
        await lab.chain.stop();
        const { fatalErrors } = await run(failing('timeout="5s"'));
        expect(fatalErrors[0]).toBeTruthy();
        expect((await run("a [type=memo value=1]")).outputs).toEqual(["1"]);
    });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Address } from "viem";
import { Chain } from "../lib/chain";
import type { SentRequest } from "../lib/contracts";
import { eventually } from "../lib/eventually";
import { type Job, directRequestJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { findFaults, findNonceFaults } from "../lib/ledger";
import { type BatonNode, type CommandResult, credentials } from "../lib/node";

let chain: Chain;
let lab: Lab;
let node: BatonNode;
let sender: Address;
let job: Job;
const requests: SentRequest[] = [];

beforeAll(async () => {
    // Without a block time: blocks are made by the test.
    chain = await Chain.start({ name: "rebroadcast" });
    lab = await Lab.start({ chain });
    node = await lab.node("chainlink");
    node.start();
    await node.reaches("leading");
    sender = await lab.authorizeKeys(node);
    job = await lab.createJob(node, directRequestJob({ operator: lab.contracts.operator }));
});
afterAll(async () => {
    await lab?.stop();
    await chain?.stop();
});

const gwei = 10 ** 9;
const rebroadcast = (from: number, to: number, more: string[] = []): Promise<CommandResult> =>
    node.command(["node", "rebroadcast-transactions", "-b", String(from), "-e", String(to), "-p", node.passwordFile, "-a", sender, ...more]);
const attempts = () => lab.database.query<{ nonce: number; gas_price: string; gas: number; state: string }>(
    `select t.nonce, a.gas_price::text, a.chain_specific_gas_limit as gas, a.state::text
     from eth_tx_attempts a join eth_txes t on t.id = a.eth_tx_id where t.state <> 'confirmed' order by t.nonce, a.gas_price`);
const everything = () => lab.database.query(`select (select array_agg(t::text order by id) from eth_txes t) as transactions,
    (select array_agg(a::text order by id) from eth_tx_attempts a) as attempts, (select array_agg(k.next_nonce) from evm_key_states k) as nonces`);
const pooled = async () => {
    const pool: any = await chain.client.request({ method: "txpool_content" as any });
    return Object.values((pool.pending[sender] ?? pool.pending[sender.toLowerCase()] ?? {}) as Record<string, any>)
        .map((tx) => [Number(tx.nonce), Number(tx.gasPrice), Number(tx.gas)])
        .sort((a, b) => a[0]! - b[0]!);
};

/** Requests whose answers were sent and are not mined, because nobody makes a block. Gives the nonces of the answers. */
async function stuck(count: number): Promise<number[]> {
    await chain.control.setAutomine(false);
    const requester = await lab.contracts.requester(1);
    for (let i = 0; i < count; ++i) requests.push(await requester.send(job.externalJobId, { value: requests.length }));
    await chain.control.mine({ blocks: 1 });
    await eventually("the answers are sent", async () => (await attempts()).filter(({ state }) => state === "broadcast").length === count);
    return (await attempts()).map(({ nonce }) => nonce);
}

async function everythingIsAnsweredOnce(): Promise<void> {
    await chain.control.setAutomine(true);
    await chain.control.mine({ blocks: 2 });
    node.start();
    await node.reaches("leading");
    await lab.answered(requests);
    await eventually("everything is confirmed", async () => (await attempts()).length === 0);
    expect(await findFaults(lab.contracts, lab.database, requests.map((request) => request.requestId))).toEqual([]);
}

test("beside a living leader it is refused with the leader's name, and changes nothing", async () => {
    const [first, ...others] = await stuck(2);
    const before = [await everything(), await pooled()];
    const refused = await rebroadcast(first!, others.at(-1)!, ["-g", String(30 * gwei)]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("chainlink leads on this database")]);
    expect([await everything(), await pooled()]).toEqual(before);
    await node.reaches("leading");
    expect((await node.leadership()).history.length).toBe(1);
    await node.stop();
    await everythingIsAnsweredOnce();
    expect(await findNonceFaults(lab.contracts, lab.database, sender)).toEqual([]);
});

test("with nobody leading each nonce of the range is sent for the given price and gas limit, in an epoch of its own", async () => {
    const nonces = await stuck(3);
    await node.stop();
    const [from, to] = [nonces[0]!, nonces[1]!];
    const done = await rebroadcast(from, to, ["--gasPriceWei", String(30 * gwei), "--gasLimit", "600000"]);
    expect([done.code, done.stderr], done.stderr).toEqual([0, expect.stringMatching(`nonce ${from}: sent as 0x`)]);
    expect(await pooled()).toEqual([
        [from, 30 * gwei, 600_000],
        [to, 30 * gwei, 600_000],
        [nonces[2], 2 * gwei, expect.any(Number)],
    ]);
    expect((await attempts()).map(({ nonce, gas_price, gas, state }) => [nonce, Number(gas_price) / gwei, gas === 600_000, state])).toEqual([
        [from, 2, false, "broadcast"], [from, 30, true, "broadcast"], [to, 2, false, "broadcast"], [to, 30, true, "broadcast"], [nonces[2], 2, false, "broadcast"],
    ]);
    await everythingIsAnsweredOnce();
    expect(await findNonceFaults(lab.contracts, lab.database, sender)).toEqual([]);
    expect((await node.leadership()).history.slice(0, 2).map(({ reason }) => reason)).toContain("rebroadcast-transactions");
});

test("a nonce that no transaction has is spent, and what cannot be done is said", async () => {
    await node.stop();
    const next = await lab.database.value<number>("select next_nonce from evm_key_states");
    const done = await rebroadcast(next, next, ["-g", String(30 * gwei)]);
    expect([done.code, done.stderr], done.stderr).toEqual([0, expect.stringContaining(`nonce ${next}: sent as 0x`)]);
    const above = await rebroadcast(next + 3, next + 3, ["-g", String(30 * gwei)]);
    expect([above.code, above.stderr]).toEqual([1, expect.stringContaining("nonces before this one are not used yet")]);
    expect((await rebroadcast(0, 0)).stderr).toContain("--gasPriceWei");
    const wrong = await node.command(["node", "rebroadcast-transactions", "-g", "1", "-p", node.apiFile, "-a", sender]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("error authenticating keystore")]);
    expect(`${done.stderr}${wrong.stderr}`).not.toContain(credentials.keyPassword);
    expect((await node.command(["node", "rebroadcast-transactions", "-a", "zz"])).stderr).toContain("could not decode address");
    await everythingIsAnsweredOnce();
    expect(await lab.database.value("select next_nonce from evm_key_states")).toBe(next + 1);
    expect(await chain.client.getTransactionCount({ address: sender })).toBe(next + 1);
});

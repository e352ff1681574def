import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeParameters } from "./cbor";
import { Chain, account } from "./chain";
import { Contracts } from "./contracts";
import { eventually } from "./eventually";

let chain: Chain;
let contracts: Contracts;
beforeAll(async () => {
    chain = await Chain.start({ name: "contracts", blockTime: 0.5 });
    contracts = await Contracts.deploy(chain);
});
afterAll(() => chain?.stop());

test("parameters are CBOR members without the map's header (RFC 8949)", () => {
    expect(encodeParameters({ value: 1000, a: "b" })).toBe("0x6576616c75651903e861616162");
});

test("a request is logged by the operator contract under the id that was told beforehand", async () => {
    const requester = await contracts.requester(1);
    const sent = await requester.send("8cbc0d7a-405f-4aa9-bed7-54aab9687b5a", { value: 5 });
    const [log] = await eventually("the request is mined", async () => {
        const logs = await contracts.requested();
        return logs.length > 0 && logs;
    });
    expect(log).toMatchObject({
        transactionHash: sent.txHash,
        args: { requestId: sent.requestId, requester: account(1).address, data: "0x6576616c756505" },
    });
    expect(await contracts.answered()).toEqual([]);
});

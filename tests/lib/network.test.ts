import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "./eventually";
import { type Host, Network } from "./network";

const obstacle = Network.obstacle();

describe.skipIf(obstacle)(`a network of namespaces${obstacle ? ` (${obstacle})` : ""}`, () => {
    let network: Network;
    let [one, two]: Host[] = [];
    const servers = [createServer((_, answer) => answer.end()), createServer((_, answer) => answer.end())];
    let ports: number[];
    beforeEach(async () => {
        network = Network.create();
        [one, two] = [network.host("one"), network.host("two")];
        for (const server of servers) await new Promise<void>((done) => server.listen(0, network.address, done));
        ports = servers.map((server) => (server.address() as AddressInfo).port);
    });
    afterEach(() => {
        for (const server of servers) server.close();
        network.remove();
    });

    const ask = (host: Host, port: number) => host.status(port, "/", network.address);

    test.each([undefined, "to server", "to client"] as const)("only the packets that were named are lost (%s), until they are no more", async (direction) => {
        expect(await Promise.all([ask(one!, ports[0]!), ask(one!, ports[1]!), ask(two!, ports[0]!)])).toEqual([200, 200, 200]);
        network.lose(one!, { port: ports[0], direction });
        expect(await Promise.all([ask(one!, ports[0]!), ask(one!, ports[1]!), ask(two!, ports[0]!)])).toEqual([0, 200, 200]);
        network.lose(two!, { direction });
        expect(await Promise.all([ask(one!, ports[0]!), ask(one!, ports[1]!), ask(two!, ports[1]!)])).toEqual([0, 200, 0]);
        network.heal();
        expect(await Promise.all([ask(one!, ports[0]!), ask(two!, ports[0]!)])).toEqual([200, 200]);
    });

    test("where some are lost TCP gets through all the same, by sending again", async () => {
        network.lose(one!, { percent: 30 });
        await eventually("an answer arrives", async () => (await ask(one!, ports[0]!)) === 200);
        await eventually("one is late", async () => {
            const asked = Date.now();
            await ask(one!, ports[0]!);
            return Date.now() - asked > 500;
        });
    });

    test("nothing of it is left", () => {
        const mine = () => execFileSync("sh", ["-c", "ip netns list; ip -o link"], { encoding: "utf8" }).match(new RegExp(`^(\\d+: )?baton-?${process.pid}\\b`, "gm"));
        expect(mine()).toHaveLength(4);
        network.remove();
        expect(mine()).toBeNull();
    });
});

import { afterEach, expect, test } from "vitest";
import { Lab } from "../lib/lab";
import { type BatonNode, credentials } from "../lib/node";

let lab: Lab;
afterEach(() => lab?.stop());

/** A node on a pseudo-terminal, as a person starts it. */
const onTerminal = (name: string): Promise<BatonNode> =>
    lab.node(name, { through: ["sh", "-c", 'exec script -qfec "$0 $*" /dev/null'] });

async function answer(node: BatonNode, question: string, text: string): Promise<void> {
    await node.logs(question);
    node.type(`${text}\r`);
}

test("a first start without files asks for everything", async () => {
    lab = await Lab.start();
    const node = await onTerminal("terminal-first");
    node.start(["local", "n"]);
    await answer(node, "New key store password: ", credentials.keyPassword);
    await answer(node, "Confirm password: ", credentials.keyPassword);
    await answer(node, "Enter API Email: ", credentials.email);
    await answer(node, "Enter API Password: ", credentials.password);
    await node.reaches("leading");
    expect(node.log()).not.toContain(credentials.keyPassword);
    expect(node.log()).not.toContain(credentials.password);
});

test("a standby asks at once, not when a failover waits for it", async () => {
    lab = await Lab.start();
    const leader = await lab.node("terminal-leader");
    leader.start();
    await leader.reaches("leading");
    const standby = await onTerminal("terminal-standby");
    standby.start(["local", "n"]);
    await answer(standby, "Enter key store password:", credentials.keyPassword);
    await standby.reaches("standby");
    await leader.stop("SIGKILL");
    await standby.reaches("leading", { within: 2_000 });
});

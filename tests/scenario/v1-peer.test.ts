/** Next to a Chainlink v1.11.0, in each locking mode that excludes. BATON_V1=/path/to/a/real/one puts that into the peer's place. */
import { afterEach, describe, expect, test } from "vitest";
import { eventually, pause } from "../lib/eventually";
import { Lab, type LockingMode } from "../lib/lab";
import type { BatonNode } from "../lib/node";
import { Random, testSeed } from "../lib/random";
import { holderOfLocks, v1Leads, v1Node } from "../lib/v1";

/** D of both, shorter than the default 10 s so that a frozen one is not waited for so long; all other times are v1.11.0's. */
const leaseDuration = 5_000;
/** A v1.11.0 asks once in 1 to 1.1 s, in `dual` for one lock after the other. */
const twoPolls = 3_000;

let lab: Lab;
let v1: BatonNode;
let baton: BatonNode;

async function begin(mode: LockingMode): Promise<void> {
    lab = await Lab.start({ mode, env: { LEASE_LOCK_DURATION: `${leaseDuration}ms` } });
    v1 = await v1Node(lab);
    baton = await lab.node("baton");
}
afterEach(async () => {
    for (const node of lab.nodes) if (node.alive) node.signal("SIGCONT");
    await lab.stop();
});

const epoch = () => lab.database.value<number>("select epoch from baton.leadership");

async function v1LeadsAndBatonWaits(mode: LockingMode): Promise<void> {
    v1.start();
    await v1Leads(v1, lab, mode, { within: 60_000 });
    baton.start();
    await baton.logs("standby: waiting for a Chainlink v1.11.0");
    expect(await holderOfLocks(lab.database, mode)).toBe("Chainlink");
}

describe.each<LockingMode>(["dual", "lease", "advisorylock"])("locking mode %s", (mode) => {
    test("a v1.11.0 that dies is followed, waits when it comes back, gets control by SIGTERM and gives it back by SIGTERM", async () => {
        await begin(mode);
        await v1LeadsAndBatonWaits(mode);

        await v1.stop("SIGKILL");
        // Only its row can tell in mode lease that it is gone, and that by running out.
        await baton.reaches("leading", { within: (mode === "lease" ? leaseDuration : 0) + 3_000 });
        v1.start();
        await v1.logs(/Another application (is currently holding the database lease|holds the advisory lock)/);
        await pause(twoPolls);
        expect(await holderOfLocks(lab.database, mode)).toBe("Baton");
        expect(baton.alive && v1.alive).toBe(true);

        expect(await baton.stop("SIGTERM")).toEqual({ code: 0, signal: null });
        await v1Leads(v1, lab, mode, { within: twoPolls });

        baton.start();
        await eventually("Baton waits for it again", () => baton.log().match(/standby: waiting for a Chainlink v1.11.0/g)?.length === 2);
        expect(await v1.stop("SIGTERM")).toEqual({ code: 0, signal: null });
        await baton.reaches("leading", { within: 3_000 });
        expect(await epoch()).toBe(2);
    });

    test("a frozen v1.11.0 is replaced after D, and ends when it wakes up", async () => {
        await begin(mode);
        await v1LeadsAndBatonWaits(mode);

        const froze = Date.now();
        v1.signal("SIGSTOP");
        await baton.reaches("leading", { within: leaseDuration + 3_000 });
        // It speaks once a second, so its last word was up to 1.1 s old; and the watcher needs the last sixteenth of D no more.
        expect(Date.now() - froze).toBeGreaterThan(leaseDuration - leaseDuration / 16 - 1_200);

        v1.signal("SIGCONT");
        expect(await v1.ended()).toEqual({ code: 1, signal: null });
        await baton.logs("the former Chainlink v1.11.0 is gone");
        expect(await holderOfLocks(lab.database, mode)).toBe("Baton");
        expect(await epoch()).toBe(1);
    });

    test("a frozen Baton gives way to a v1.11.0 by the server's idle limit, and stands by when it wakes up", async () => {
        await begin(mode);
        baton.start();
        await baton.reaches("leading");
        v1.start();
        await v1.logs(/Another application (is currently holding the database lease|holds the advisory lock)/);

        baton.signal("SIGSTOP");
        await v1Leads(v1, lab, mode, { within: leaseDuration + twoPolls + 2_000 });
        baton.signal("SIGCONT");
        await baton.logs("standby: waiting for a Chainlink v1.11.0");
        await pause(twoPolls);
        expect(await holderOfLocks(lab.database, mode)).toBe("Chainlink");
        expect(v1.alive && baton.alive).toBe(true);
    });
});

test("dual: started side by side at random instants, one of the two comes to lead each time and the other waits", async () => {
    const random = new Random(testSeed("v1.11.0 and Baton side by side"));
    await begin("dual");
    // So that an empty database's first start is not what is measured.
    baton.start();
    await baton.reaches("leading");
    await baton.stop("SIGKILL");
    const leaders: string[] = [];
    for (let round = 0; round < 6; ++round) {
        // A row that has not run out is respected by v1.11.0 only: nobody would race.
        await lab.database.query("update lease_lock set expires_at = now()");
        const [first, second] = random.next() < 0.5 ? [v1, baton] : [baton, v1];
        first.start();
        await pause(random.between(0, 1_500));
        second.start();
        const leader = await eventually("one of the two holds both locks", async () => {
            const holder = await holderOfLocks(lab.database, "dual");
            return holder !== "nobody" && !holder.includes(" and ") && holder;
        }, { within: leaseDuration + 2 * twoPolls, every: 20 });
        leaders.push(leader);
        expect(v1.alive && baton.alive, `${leader} leads, the other one lives (logs: ${v1.logFile}, ${baton.logFile})`).toBe(true);
        await pause(random.between(0, 1_500));
        expect(await holderOfLocks(lab.database, "dual"), "and goes on leading").toBe(leader);
        await v1.stop("SIGKILL");
        await baton.stop("SIGKILL");
    }
    console.log(`leaders: ${leaders.join(", ")}`);
});

/** Repeatable random numbers (mulberry32): the same seed gives the same test. */
export class Random {
    constructor(private state: number) {}

    /** In [0, 1). */
    next(): number {
        this.state = (this.state + 0x6d2b79f5) | 0;
        let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    }

    between(low: number, high: number): number {
        return low + this.next() * (high - low);
    }

    pick<T>(values: readonly T[]): T {
        return values[Math.floor(this.next() * values.length)]!;
    }
}

/** BATON_TEST_SEED, or a new one; printed, so that a failure can be repeated. */
export function testSeed(test: string): number {
    const seed = Number(process.env.BATON_TEST_SEED ?? Math.floor(Math.random() * 1e9));
    console.log(`${test}: BATON_TEST_SEED=${seed}`);
    return seed;
}

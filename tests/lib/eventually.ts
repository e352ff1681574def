export interface Patience {
    /** Milliseconds until it counts as failed. */
    within?: number;
    /** Milliseconds between two looks. */
    every?: number;
}

export const pause = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

/** What is waited for can no longer happen. */
export class Hopeless extends Error {}

/**
 * Looks again and again until `probe` returns something true, and returns that. An exception counts as "not yet", unless it is Hopeless.
 * At the deadline the error says what was waited for and what the last look brought.
 */
export async function eventually<T>(
    what: string,
    probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
    { within = 30_000, every = 50 }: Patience = {},
): Promise<T> {
    const deadline = Date.now() + within;
    let last: unknown = "nothing";
    for (;;) {
        try {
            const seen = await probe();
            if (seen) return seen;
            last = seen;
        } catch (error) {
            if (error instanceof Hopeless) throw new Error(`never: ${what} (${error.message})`);
            last = error;
        }
        if (Date.now() >= deadline) {
            const reason = last instanceof Error ? last.message : JSON.stringify(last);
            throw new Error(`after ${within} ms still not: ${what} (last look: ${reason})`);
        }
        await pause(every);
    }
}

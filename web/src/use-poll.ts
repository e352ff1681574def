import { useEffect, useState } from "react";

export interface Polled<T> {
    /** The last good answer; kept while later looks fail. */
    value?: T;
    /** Why the last look failed; absent when it did not. */
    error?: Error;
    /** When the last good answer came. */
    at?: number;
}

/**
 * Asks now and then `every` milliseconds after each answer, as long as the page is visible and `enabled`.
 * `ask` must be the same function on every call.
 */
export function usePoll<T>(ask: () => Promise<T>, every: number, enabled: boolean): Polled<T> {
    const [polled, setPolled] = useState<Polled<T>>({});
    useEffect(() => {
        if (!enabled) {
            setPolled({});
            return;
        }
        let ended = false;
        let timer: number | undefined;
        const look = async () => {
            timer = undefined;
            try {
                const value = await ask();
                if (!ended) setPolled({ value, at: Date.now() });
            } catch (error) {
                if (!ended) setPolled((before) => ({ ...before, error: error as Error }));
            }
            if (!ended && !document.hidden) timer = window.setTimeout(look, every);
        };
        const onVisible = () => {
            if (!document.hidden && timer === undefined) timer = window.setTimeout(look, 0);
        };
        document.addEventListener("visibilitychange", onVisible);
        void look();
        return () => {
            ended = true;
            window.clearTimeout(timer);
            document.removeEventListener("visibilitychange", onVisible);
        };
    }, [ask, every, enabled]);
    return polled;
}

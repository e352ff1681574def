const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** A moment as an absolute time, with the machine-readable one beside it. */
export function Moment({ at }: { at: string | null }) {
    if (!at) return <>–</>;
    return (
        <time dateTime={at} title={at}>
            {clock.format(new Date(at))}
        </time>
    );
}

/** How long ago, in the largest unit that says something: "4 s", "3 min", "2 h", "5 d". */
export function ago(at: string, now = Date.now()): string {
    const seconds = Math.max(0, (now - new Date(at).getTime()) / 1000);
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
    return `${Math.floor(seconds / 86_400)} d`;
}

export const milliseconds = (microseconds: number) => `${(microseconds / 1000).toFixed(1)} ms`;

/** Of milliseconds or of days. */
export function span(microseconds: number): string {
    const seconds = microseconds / 1_000_000;
    if (seconds < 10) return milliseconds(microseconds);
    if (seconds < 600) return `${seconds.toFixed(1)} s`;
    return seconds < 36_000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** Wei as ether with four decimals; never through a floating-point number. */
export function ether(wei: string | null): string {
    if (wei === null) return "unknown";
    try {
        const tenThousandths = BigInt(wei) / 10n ** 14n;
        return `${tenThousandths / 10_000n}.${String(tenThousandths % 10_000n).padStart(4, "0")} ETH`;
    } catch {
        return wei;
    }
}

export function duration(from: string, to: string | null): string {
    if (!to) return "";
    const ms = new Date(to).getTime() - new Date(from).getTime();
    return ms < 1000 ? `${Math.max(0, ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

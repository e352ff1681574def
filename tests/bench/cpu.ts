/** What processes used of the processors, from proc(5): user and system time, that of children that ended included. */
import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second for every program (USER_HZ). */
const microsPerTick = 10_000;

/** Processes that ended meanwhile are not counted; their parent counts them once it has waited for them. */
export function cpuMicros(pids: number[]): number {
    let ticks = 0;
    for (const pid of pids) {
        let stat: string;
        try {
            stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        } catch (error) {
            if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code!)) continue;
            throw error;
        }
        // Behind the name, which may hold blanks, utime to cstime are numbers 11 to 14.
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
        ticks += fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
    }
    return ticks * microsPerTick;
}

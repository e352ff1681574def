import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

export interface Exit {
    code: number | null;
    signal: NodeJS.Signals | null;
}

const running = new Set<ChildProcess>();
// A test run that is interrupted takes along what it started.
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A process whose output goes to a file. Ends at the latest with the process that started it. */
export class Child {
    readonly exit: Promise<Exit>;
    private ended: Exit | undefined;

    private constructor(
        private readonly process: ChildProcess,
        readonly logFile: string,
    ) {
        running.add(process);
        this.exit = new Promise((done) => {
            const end = (exit: Exit) => {
                running.delete(process);
                this.ended = exit;
                done(exit);
            };
            process.once("exit", (code, signal) => end({ code, signal }));
            process.once("error", () => end({ code: 127, signal: null }));
        });
    }

    /** Starts `command`; output is appended to `logFile`. With `typing` the process reads what `type` writes, else nothing. */
    static start(
        command: string,
        args: string[],
        options: { logFile: string; env?: Record<string, string>; typing?: boolean },
    ): Child {
        const log = openSync(options.logFile, "a");
        writeSync(log, `--- ${new Date().toISOString()} start: ${command.split("/").pop()} ${args.join(" ")}\n`);
        const child = spawn(command, args, {
            env: options.env ?? process.env,
            // A Ctrl-C at the terminal is for the one who started it.
            detached: true,
            stdio: [options.typing ? "pipe" : "ignore", log, log],
        });
        closeSync(log);
        // What is typed while it ends reaches nobody.
        child.stdin?.on("error", () => {});
        return new Child(child, options.logFile);
    }

    get pid(): number {
        return this.process.pid ?? 0;
    }

    get alive(): boolean {
        return this.ended === undefined;
    }

    type(text: string): void {
        this.process.stdin?.write(text);
    }

    signal(signal: NodeJS.Signals): void {
        this.process.kill(signal);
    }

    /** Sends the signal and waits for the end. */
    async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
        this.signal(signal);
        return this.exit;
    }

    output(): string {
        return readFileSync(this.logFile, "utf8");
    }
}

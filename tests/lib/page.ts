import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./child";
import { eventually } from "./eventually";
import { logFolder, scratchFolder } from "./paths";

/** A command block of a page, with what the page prints below it. */
export interface Block {
    section: string;
    line: number;
    command: string;
    /** It holds a terminal while its program runs. */
    terminal: boolean;
    printed: string[];
}

/** The command blocks of a page in their order: ```sh, ```sh terminal, and ```text behind one. */
export function blocksOf(file: string): Block[] {
    const blocks: Block[] = [];
    const lines = readFileSync(file, "utf8").split("\n");
    let section = "";
    for (let at = 0; at < lines.length; ++at) {
        section = /^## (.*)/.exec(lines[at]!)?.[1] ?? section;
        const kind = /^```(.+)/.exec(lines[at]!)?.[1];
        if (!kind) continue;
        const end = lines.indexOf("```", at + 1);
        const content = lines.slice(at + 1, end);
        if (kind === "sh" || kind === "sh terminal") {
            blocks.push({ section, line: at + 2, command: content.join("\n"), terminal: kind !== "sh", printed: [] });
        } else if (kind === "text" && blocks.length) {
            blocks.at(-1)!.printed = content;
        } else {
            throw new Error(`${file}:${at + 1}: a block of the kind "${kind}" is run by nobody`);
        }
        at = end;
    }
    return blocks;
}

/** "..." is anything, and so is white space between words. */
const patternOf = (printed: string) =>
    new RegExp(printed.split("...").map((part) => part.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+")).join("[^\\n]*?"));

/** Where a printed line ends in the output, looked for from an offset; -1 when it is not there. */
function endOf(printed: string, output: string, from: number): number {
    const match = patternOf(printed).exec(output.slice(from));
    return match ? from + match.index + match[0].length : -1;
}

/** A person who reads a page and types what it says: a home folder, one shell at a time, and terminals that stay open. */
export class Reader {
    readonly home = scratchFolder("home");
    private readonly bin = join(this.home, ".bin");
    private readonly terminals: Child[] = [];

    /**
     * `fill`: what the reader puts for each thing in angle brackets. `answers`: what it types when a program asks so.
     */
    constructor(
        private readonly name: string,
        private readonly fill: Record<string, string>,
        private readonly answers: Record<string, string> = {},
    ) {
        mkdirSync(this.bin);
        // As a home folder is where others may enter.
        chmodSync(this.home, 0o755);
    }

    /** A command that the page calls by this name. */
    install(name: string, script: string): void {
        writeFileSync(join(this.bin, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
    }

    async follow(block: Block): Promise<void> {
        const what = `the block at line ${block.line}`;
        const [command] = this.filled(what, [block.command]) as [string];
        if (block.terminal) await this.onTerminal(what, command, block);
        else this.inShell(what, command, block);
    }

    /** With the reader's things in the place of those in angle brackets. */
    private filled(what: string, texts: string[]): string[] {
        return texts.map((text) => text.replace(/<([^<>\n]+)>/g, (whole, thing: string) => {
            const value = this.fill[thing];
            if (value === undefined) throw new Error(`${what}: nobody says what to put for ${whole}`);
            return value;
        }));
    }

    private environment(): Record<string, string> {
        return { HOME: this.home, PATH: `${this.bin}:${process.env.PATH}`, TERM: "xterm", CONTAINERS_CONF: process.env.CONTAINERS_CONF ?? "" };
    }

    private inShell(what: string, command: string, block: Block): void {
        const { status, stdout, stderr } = spawnSync("bash", ["-e", "-c", `exec 2>&1\n${command}`], {
            env: this.environment(), cwd: this.home, encoding: "utf8", timeout: 60_000,
        });
        if (status !== 0) throw new Error(`${what} ended with ${status}: ${stdout}${stderr}`);
        let from = 0;
        for (const printed of this.filled(what, block.printed)) {
            from = endOf(printed, stdout, from);
            if (from < 0) throw new Error(`${what} did not print "${printed}" (in this order), but: ${stdout}`);
        }
    }

    private async onTerminal(what: string, command: string, block: Block): Promise<void> {
        const file = join(this.home, `.terminal-${this.terminals.length}`);
        writeFileSync(file, command);
        const logFile = join(logFolder, `${this.name}-line-${block.line}.log`);
        rmSync(logFile, { force: true });
        const terminal = Child.start("script", ["-qfec", `bash -e ${file}`, "/dev/null"], { logFile, env: this.environment(), typing: true });
        this.terminals.push(terminal);
        // Behind the line that says what was started.
        let from = terminal.output().length;
        for (const printed of this.filled(what, block.printed)) {
            from = await eventually(`${what} prints "${printed}" (log: ${logFile})`, () => {
                const end = endOf(printed, terminal.output(), from);
                return end >= 0 && end;
            }, { within: 30_000 });
            const answer = this.answers[printed.trim()];
            if (answer !== undefined) terminal.type(`${answer}\r`);
        }
    }

    /** Ctrl-C in the terminal that was opened as the n-th; waits until its program has ended. */
    async interrupt(terminal: number): Promise<void> {
        this.terminals[terminal]!.type("\x03");
        await eventually(`the program in terminal ${terminal} has ended`, () => !this.terminals[terminal]!.alive);
    }

    /** How many terminals were opened. */
    get opened(): number {
        return this.terminals.length;
    }

    /** The program in the n-th terminal has ended. */
    ends(terminal: number): boolean {
        return !this.terminals[terminal]!.alive;
    }

    /** What the n-th terminal shows. */
    shown(terminal: number): string {
        return this.terminals[terminal]!.output();
    }

    async leave(): Promise<void> {
        // A terminal that goes away takes along what runs in it.
        for (const terminal of this.terminals) if (terminal.alive) await terminal.stop("SIGTERM");
        rmSync(this.home, { recursive: true, force: true });
    }
}

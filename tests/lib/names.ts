import { type Socket, createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "./paths";

const [recordOfV4, internetClass, headerBytes] = [1, 1, 12];
const nameUnknown = 3;

/** A name server that answers as the test says, each time anew: nothing of it may be kept. */
export class NameServer {
    private readonly answers = new Map<string, string[][]>();
    /** How often the IPv4 addresses of each name were asked for. */
    readonly asked = new Map<string, number>();

    private constructor(
        private readonly socket: Socket,
        private readonly resolvConf: string,
    ) {}

    static async start(): Promise<NameServer> {
        // An address of its own, because the port is everybody's.
        const address = `127.18.${Math.floor(Math.random() * 256)}.53`;
        const resolvConf = join(scratchFolder("names"), "resolv.conf");
        writeFileSync(resolvConf, `nameserver ${address}\noptions timeout:5 attempts:2\n`);
        const socket = createSocket("udp4");
        const names = new NameServer(socket, resolvConf);
        socket.on("message", (question, { port, address: from }) => socket.send(names.answer(question), port, from));
        socket.bind(53, address);
        await once(socket, "listening");
        return names;
    }

    /** Why this machine does not let us have one that programs ask; undefined when it does. */
    static async obstacle(): Promise<string | undefined> {
        try {
            await (await NameServer.start()).stop();
            return undefined;
        } catch (error) {
            return `no name server here: ${(error as Error).message}`;
        }
    }

    /** The addresses of `name` when it is asked for the first time, the second time ...; the last ones stay. */
    set(name: string, ...answers: string[][]): void {
        this.answers.set(name, answers);
        this.asked.delete(name);
    }

    /** The program that starts another one, its last arguments, whose names are resolved here. */
    get through(): string[] {
        return ["unshare", "-m", "--propagation", "private", "sh", "-c", `mount --bind '${this.resolvConf}' /etc/resolv.conf && exec "$@"`, "sh"];
    }

    /** RFC 1035 section 4. */
    private answer(question: Buffer): Buffer {
        const labels: string[] = [];
        let at = headerBytes;
        for (; question[at]; at += 1 + question[at]!) labels.push(question.toString("latin1", at + 1, at + 1 + question[at]!));
        const asksForV4 = question.readUInt16BE(at + 1) === recordOfV4;
        const name = labels.join(".").toLowerCase();
        const known = this.answers.get(name);
        const addresses = known && asksForV4 ? this.next(name, known) : [];
        const header = Buffer.alloc(headerBytes);
        question.copy(header, 0, 0, 2);
        header.writeUInt16BE(0x8180 | (known ? 0 : nameUnknown), 2);
        header.writeUInt16BE(1, 4);
        header.writeUInt16BE(addresses.length, 6);
        const records = addresses.map((address) => {
            // Of the name in the question, for 0 seconds.
            const record = Buffer.from([0xc0, headerBytes, 0, recordOfV4, 0, internetClass, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
            address.split(".").forEach((part, i) => (record[headerBytes + i] = Number(part)));
            return record;
        });
        return Buffer.concat([header, question.subarray(headerBytes, at + 5), ...records]);
    }

    private next(name: string, answers: string[][]): string[] {
        const before = this.asked.get(name) ?? 0;
        this.asked.set(name, before + 1);
        return answers[Math.min(before, answers.length - 1)]!;
    }

    async stop(): Promise<void> {
        this.socket.close();
        await once(this.socket, "close");
    }
}

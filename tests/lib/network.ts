import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import type { Direction } from "./proxy";

const run = promisify(execFile);

const ip = (...args: string[]) => execFileSync("ip", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Which packets of a host are lost on their way. */
export interface Loss {
    /** Only those to and from this TCP port of other hosts; all packets of the host without it. */
    port?: number;
    /** As seen by the host: it is the client. Both without it. */
    direction?: Direction;
    /** Of a hundred, drawn by chance; all without it. */
    percent?: number;
}

/**
 * A network of this machine's own making: hosts that are network namespaces, on one switch that is a namespace too and loses packets between
 * them and this process as the test says. What is lost is lost on the wire: the kernels at both ends see what they see of a broken cable, and
 * send again. Everything is gone after `remove`, at the latest when this process ends.
 */
export class Network {
    /** Of this process and of what it starts outside of the hosts. */
    readonly address: string;
    readonly subnet: string;
    private readonly name = `baton-${process.pid}`;
    /** This process's end of its cable to the switch. */
    private readonly device = `baton${process.pid}`;
    private readonly hosts: Host[] = [];
    private readonly losses = new Map<Host, Loss>();
    private readonly atExit = () => this.remove();

    private constructor() {
        const prefix = freePrefix();
        this.subnet = `${prefix}.0/24`;
        this.address = `${prefix}.1`;
    }

    static create(): Network {
        removeLeftovers();
        const network = new Network();
        process.once("exit", network.atExit);
        try {
            network.build();
        } catch (error) {
            network.remove();
            throw error;
        }
        return network;
    }

    /** Why this machine does not let us have one; undefined when it does. */
    static obstacle(): string | undefined {
        try {
            Network.create().remove();
            return undefined;
        } catch (error) {
            return `no network namespaces here: ${(error as Error).message.trim().split("\n").at(-1)}`;
        }
    }

    private build(): void {
        const wire = this.namespace("switch");
        ip("netns", "add", wire);
        ip("-n", wire, "link", "add", "switch", "type", "bridge");
        ip("-n", wire, "link", "set", "switch", "up");
        ip("link", "add", this.device, "type", "veth", "peer", "name", "tests", "netns", wire);
        ip("-n", wire, "link", "set", "tests", "master", "switch", "up");
        ip("address", "add", `${this.address}/24`, "dev", this.device);
        ip("link", "set", this.device, "up");
        this.applyLosses();
    }

    private namespace(of: string): string {
        return `${this.name}-${of}`;
    }

    /** A new host; `name` is that of its cable too, at most 15 characters. */
    host(name: string): Host {
        const [wire, namespace] = [this.namespace("switch"), this.namespace(name)];
        const host = new Host(name, namespace, this.address.replace(/1$/, String(this.hosts.length + 2)));
        this.hosts.push(host);
        ip("netns", "add", namespace);
        ip("-n", wire, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", namespace);
        ip("-n", wire, "link", "set", name, "master", "switch", "up");
        ip("-n", namespace, "address", "add", `${host.address}/24`, "dev", "eth0");
        for (const device of ["lo", "eth0"]) ip("-n", namespace, "link", "set", device, "up");
        return host;
    }

    /** The same URL of a server of this process, as the hosts reach it. */
    url(original: string): string {
        const url = new URL(original);
        url.hostname = this.address;
        return url.toString();
    }

    /** From now on these packets of the host are lost, and no others. */
    lose(host: Host, loss: Loss): void {
        this.losses.set(host, loss);
        this.applyLosses();
    }

    /** From now on everything arrives. */
    heal(): void {
        this.losses.clear();
        this.applyLosses();
    }

    private applyLosses(): void {
        const rules = [...this.losses].flatMap(([host, { port, direction, percent }]) => {
            const drop = `${percent === undefined ? "" : `numgen random mod 100 < ${percent} `}drop`;
            const toServer = `iifname "${host.name}" ${port === undefined ? "" : `tcp dport ${port} `}${drop}`;
            const toClient = `oifname "${host.name}" ${port === undefined ? "" : `tcp sport ${port} `}${drop}`;
            return direction === "to server" ? [toServer] : direction === "to client" ? [toClient] : [toServer, toClient];
        });
        // Added first, so that there is something to delete; one transaction, so that nothing passes in between.
        const table = `add table bridge losses
delete table bridge losses
table bridge losses {
    chain forward {
        type filter hook forward priority 0
        ${rules.join("\n        ")}
    }
}
`;
        execFileSync("ip", ["netns", "exec", this.namespace("switch"), "nft", "-f", "-"], { input: table, stdio: ["pipe", "ignore", "pipe"] });
    }

    /** Takes it away. Processes in its hosts go on without a network. */
    remove(): void {
        process.removeListener("exit", this.atExit);
        // Deleting a namespace deletes its ends of cables too, but some time later.
        if (this.device in networkInterfaces()) ip("link", "delete", this.device);
        removeNamespaces((owner) => owner === process.pid);
    }
}

/** One host of a network. */
export class Host {
    constructor(
        readonly name: string,
        private readonly namespace: string,
        readonly address: string,
    ) {}

    /** The program that starts another one on this host, which it gets as its last arguments. */
    get through(): string[] {
        return ["ip", "netns", "exec", this.namespace];
    }

    /** HTTP status that somebody on this host is answered, by a server on it too if nothing else is named; 0 without an answer. */
    async status(port: number, path: string, address = "127.0.0.1"): Promise<number> {
        const [command, ...args] = [...this.through, "curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", `http://${address}:${port}${path}`];
        return run(command!, args).then(({ stdout }) => Number(stdout), () => 0);
    }
}

/** Of the range for tests of networks (RFC 2544), where no real network is. */
function freePrefix(): string {
    const used = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
    for (;;) {
        const prefix = `198.18.${Math.floor(Math.random() * 256)}`;
        if (!used.some((address) => address.startsWith(`${prefix}.`))) return prefix;
    }
}

function removeNamespaces(ofOwner: (pid: number) => boolean): void {
    for (const [name, owner] of ip("netns", "list").matchAll(/^baton-(\d+)-\S+/gm)) if (ofOwner(Number(owner))) ip("netns", "delete", name);
}

/** Of processes that were killed before they could take theirs away. */
function removeLeftovers(): void {
    removeNamespaces((owner) => !existsSync(`/proc/${owner}`));
}

import { type AddressInfo, type Server, Socket, createServer } from "node:net";

/** From the one that connects to the one that listens, and back. */
export type Direction = "to server" | "to client";

/**
 * What a direction does with bytes and with the end of the stream:
 * `pass` hands them on. `hold` keeps them back, as a network that is cut for a while and whose TCP sends again later: after the next `pass` they
 * arrive. `drop` loses them for good, and with them the direction of every connection that lost something: it stays silent until its end.
 * A delay in milliseconds hands them on later, in order. Neither end learns anything of `hold` and `drop`, not even that the other one is gone.
 */
export type Fault = "pass" | "hold" | "drop" | { delay: number };

/**
 * A TCP relay that a test makes faulty while it runs. New connections are always accepted; where the way to the server is held or
 * dropped, the server sees nothing of them. For protocols in which the client speaks first.
 */
export class Proxy {
    private readonly links = new Set<Link>();
    private readonly faults: Record<Direction, Fault> = { "to server": "pass", "to client": "pass" };
    private refusing = false;

    private constructor(
        private readonly listener: Server,
        private target: { host: string; port: number },
        private readonly address: string,
    ) {
        listener.on("connection", (client) => this.accept(client));
    }

    /** In front of a port of this machine; listens at `address`. */
    static async start(targetPort: number, host = "127.0.0.1", address = "127.0.0.1"): Promise<Proxy> {
        const listener = createServer({ allowHalfOpen: true, noDelay: true });
        await new Promise<void>((done, failed) => {
            listener.once("error", failed);
            listener.listen(0, address, done);
        });
        return new Proxy(listener, { host, port: targetPort }, address);
    }

    /** In front of the server that the URL names. */
    static at(url: string, address?: string): Promise<Proxy> {
        const { hostname, port } = new URL(url);
        return Proxy.start(Number(port), hostname, address);
    }

    get port(): number {
        return (this.listener.address() as AddressInfo).port;
    }

    /** The same URL through this relay. */
    url(original: string): string {
        const url = new URL(original);
        url.hostname = this.address;
        url.port = String(this.port);
        return url.toString();
    }

    /** Connections that are open at either end. */
    get connections(): number {
        return this.links.size;
    }

    /** From now on, for open and for new connections; without a direction for both. */
    fault(fault: Fault, direction?: Direction): void {
        for (const way of direction ? [direction] : (["to server", "to client"] as const)) {
            this.faults[way] = fault;
            for (const link of this.links) link.ways[way].changed();
        }
    }

    /** Everything passes again, new connections too. What `drop` lost stays lost. */
    heal(): void {
        this.refusing = false;
        this.fault("pass");
    }

    /** Ends every connection with a reset at both ends, what is held included. New ones are made as before. */
    cut(): void {
        for (const link of this.links) link.cut();
    }

    /** New connections are reset at once, as by a server that is down; open ones stay. `heal` ends it. */
    refuse(): void {
        this.refusing = true;
    }

    /** Ends one direction of every connection in order, as when the sender had nothing more to say; the other one goes on. */
    halfClose(direction: Direction): void {
        for (const link of this.links) link.ways[direction].end();
    }

    /** New connections go to another port from now on. */
    redirect(port: number): void {
        this.target = { ...this.target, port };
    }

    async stop(): Promise<void> {
        const closed = new Promise<void>((done) => this.listener.close(() => done()));
        this.cut();
        await closed;
    }

    private accept(client: Socket): void {
        client.setNoDelay();
        if (this.refusing) {
            client.on("error", () => {});
            client.resetAndDestroy();
            return;
        }
        const link: Link = new Link(client, this.target, this.faults, () => this.links.delete(link));
        this.links.add(link);
    }
}

/** One connection: a socket at each end and what goes on between them. */
class Link {
    readonly ways: Record<Direction, Way>;
    private readonly server = new Socket({ allowHalfOpen: true });
    private connected = false;

    constructor(
        private readonly client: Socket,
        private readonly target: { host: string; port: number },
        faults: Readonly<Record<Direction, Fault>>,
        private readonly ended: () => void,
    ) {
        this.ways = {
            "to server": new Way(client, this.server, () => faults["to server"], () => this.connect()),
            "to client": new Way(this.server, client, () => faults["to client"]),
        };
        for (const socket of [client, this.server]) {
            // A reset of one end reaches the other one as its end does: only when the way is free.
            socket.on("error", () => {});
            socket.on("close", () => this.closed());
        }
        const toServer = faults["to server"];
        if (toServer !== "hold" && toServer !== "drop") this.connect();
    }

    private connect(): void {
        if (this.connected) return;
        this.connected = true;
        this.server.setNoDelay();
        this.server.connect(this.target.port, this.target.host);
    }

    private closed(): void {
        if (this.client.destroyed && (this.server.destroyed || !this.connected)) this.ended();
    }

    cut(): void {
        for (const way of Object.values(this.ways)) way.forget();
        this.client.resetAndDestroy();
        if (this.connected) this.server.resetAndDestroy();
        this.ended();
    }
}

/** One direction of one connection. What came is kept in order until it may go on. */
class Way {
    private readonly waiting: { what: Buffer | "end" | "reset"; due: number }[] = [];
    private timer: NodeJS.Timeout | undefined;
    /** Something of it was dropped: what comes later would make no sense without it. */
    private torn = false;
    private over = false;

    constructor(
        source: Socket,
        private readonly sink: Socket,
        private readonly fault: () => Fault,
        private readonly beforeFirst: () => void = () => {},
    ) {
        let ended = false;
        source.on("data", (bytes) => this.arrived(bytes));
        source.on("end", () => {
            ended = true;
            this.arrived("end");
        });
        source.on("close", () => {
            if (!ended) this.arrived("reset");
        });
    }

    private arrived(what: Buffer | "end" | "reset"): void {
        const fault = this.fault();
        this.torn ||= fault === "drop";
        if (this.torn || this.over) return;
        this.waiting.push({ what, due: Date.now() + (typeof fault === "object" ? fault.delay : 0) });
        this.handOn();
    }

    changed(): void {
        this.handOn();
    }

    /** As if the sender had ended it. */
    end(): void {
        this.handOn();
        this.over = true;
        this.sink.end();
    }

    forget(): void {
        this.over = true;
        this.waiting.length = 0;
        clearTimeout(this.timer);
    }

    private handOn(): void {
        clearTimeout(this.timer);
        if (this.fault() === "drop" && this.waiting.length > 0) {
            this.torn = true;
            this.waiting.length = 0;
        }
        if (this.fault() === "hold") return;
        for (let next = this.waiting[0]; next; next = this.waiting[0]) {
            const early = next.due - Date.now();
            if (early > 0) {
                this.timer = setTimeout(() => this.handOn(), early);
                return;
            }
            this.waiting.shift();
            this.pass(next.what);
        }
    }

    private pass(what: Buffer | "end" | "reset"): void {
        this.beforeFirst();
        if (this.over || this.sink.destroyed) return;
        if (what === "reset") this.sink.resetAndDestroy();
        else if (what === "end") this.sink.end();
        else this.sink.write(what);
    }
}

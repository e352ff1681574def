import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pause } from "./eventually";

export interface Reply {
    status?: number;
    /** Sent as JSON. */
    body?: unknown;
    /** Milliseconds until the answer. */
    delay?: number;
    /** Done with the request's document before the answer is sent. */
    first?: (document: any) => Promise<unknown>;
}

/** The outside world: an HTTP server that answers by path as the test says, and counts what it was asked. */
export class Adapter {
    /** How often each path was asked. */
    readonly asked = new Map<string, number>();
    /** The last document that each path was sent. */
    readonly documents = new Map<string, any>();
    private readonly replies = new Map<string, Reply>();
    private server!: Server;

    static async start(port = 0): Promise<Adapter> {
        const adapter = new Adapter();
        adapter.server = createServer(async (request, response) => {
            const path = (request.url ?? "/").split("?")[0]!;
            adapter.asked.set(path, (adapter.asked.get(path) ?? 0) + 1);
            let text = "";
            for await (const part of request) text += part;
            const document = text ? JSON.parse(text) : undefined;
            adapter.documents.set(path, document);
            const reply = adapter.replies.get(path) ?? { status: 404, body: { error: `no reply for ${path}` } };
            if (reply.first) await reply.first(document);
            if (reply.delay) await pause(reply.delay);
            response.writeHead(reply.status ?? 200, { "Content-Type": "application/json" });
            response.end(JSON.stringify(reply.body ?? {}));
        });
        await new Promise<void>((done) => adapter.server.listen(port, "127.0.0.1", done));
        return adapter;
    }

    reply(path: string, reply: Reply): void {
        this.replies.set(path, reply);
    }

    url(path: string): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
    }

    async stop(): Promise<void> {
        this.server.closeAllConnections();
        await new Promise((done) => this.server.close(done));
    }
}

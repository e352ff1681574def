import { createServer } from "node:net";

/** True when nobody listens on the port and we may. */
export function portIsFree(port: number, host = "0.0.0.0"): Promise<boolean> {
    return new Promise((done) => {
        const server = createServer();
        server.once("error", () => done(false));
        server.listen(port, host, () => server.close(() => done(true)));
    });
}

/** A port that was free a moment ago, below the range from which the kernel takes those of outgoing connections. */
export async function freePort(): Promise<number> {
    for (;;) {
        const port = 12_000 + Math.floor(Math.random() * 8_000);
        if (await portIsFree(port)) return port;
    }
}

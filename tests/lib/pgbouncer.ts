import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./child";
import { eventually } from "./eventually";
import { logFolder, scratchFolder } from "./paths";
import { freePort, portIsFree } from "./ports";

/** Debian's package pgbouncer brings it. */
export const pgbouncer = "/usr/sbin/pgbouncer";
export const hasPgbouncer = existsSync(pgbouncer);

/** A pooler in front of a database. */
export class Pooler {
    private constructor(
        private readonly child: Child,
        private readonly folder: string,
        readonly port: number,
    ) {}

    static async start(databaseUrl: string, mode: "transaction" | "session"): Promise<Pooler> {
        const folder = scratchFolder("pooler");
        const port = await freePort();
        const { hostname, port: serverPort, username, password, pathname } = new URL(databaseUrl);
        writeFileSync(join(folder, "users.txt"), `"${username}" "${password}"\n`, { mode: 0o644 });
        writeFileSync(join(folder, "pgbouncer.ini"), `[databases]
${pathname.slice(1)} = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, "users.txt")}
pool_mode = ${mode}
default_pool_size = 40
ignore_startup_parameters = extra_float_digits
`);
        // It refuses root.
        const asUser = process.getuid?.() === 0 ? ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] : [];
        chmodSync(folder, 0o755);
        const [command, ...args] = [...asUser, pgbouncer, join(folder, "pgbouncer.ini")];
        const child = Child.start(command!, args, { logFile: join(logFolder, `pgbouncer-${port}.log`) });
        await eventually("the pooler listens", async () => child.alive && !(await portIsFree(port)));
        return new Pooler(child, folder, port);
    }

    url(databaseUrl: string): string {
        const url = new URL(databaseUrl);
        url.port = String(this.port);
        return url.toString();
    }

    async stop(): Promise<void> {
        await this.child.stop("SIGKILL");
        rmSync(this.folder, { recursive: true, force: true });
    }
}

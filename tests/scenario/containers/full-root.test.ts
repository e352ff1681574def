/** ROOT on a full disk, in a container. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Engine } from "../../lib/containers";
import { Api } from "../../lib/http";
import { credentials } from "../../lib/node";
import { freePort } from "../../lib/ports";
import { Group, Instance } from "./group";

const found = Engine.find();
const engine = found as Engine;
const why = typeof found === "string" ? ` (skipped: ${found})` : "";

describe.skipIf(why)(`a full disk below ROOT${why}`, () => {
    let group: Group;

    beforeAll(async () => {
        await engine.start();
        await engine.build("root", "plain");
        group = await Group.start(engine);
    }, 600_000);
    afterAll(async () => {
        await engine?.stop();
        await group?.stop();
    }, 120_000);

    test("a full ROOT: the node starts and leads, and says what could not be written", async () => {
        const port = await freePort();
        const fill = `mkdir -p /full/backup; touch -d '2 hours ago' /full/backup/cl_backup_1.11.0.dump
            cat /dev/zero > /full/filler 2>/dev/null
            exec chainlink local n -p /chainlink/.password -a /chainlink/.api`;
        const options = [
            "--publish", `127.0.0.1:${port}:6688`, ...group.options, "--entrypoint", "sh", "--tmpfs", "/full:size=256k,mode=1777",
            "--env", "ROOT=/full", "--env", "HA_NAME=chainlink", "--env", "DATABASE_BACKUP_MODE=full",
        ];
        const container = await engine.run("chainlink", options, ["-c", fill]);
        const instance = new Instance("chainlink", container, new Api(`http://127.0.0.1:${port}`));
        await instance.leads();
        await container.logs("the disk has not enough room left: nothing is written to the log file");
        await container.logs(/the backup failed; the last one is unchanged.*[Nn]o space left/, { within: 40_000 });
        await instance.api.login(credentials.email, credentials.password);
        expect((await container.health()).said).toBe("leader");
        expect((await container.exec("ls", "/full/backup")).output.trim()).toBe("cl_backup_1.11.0.dump");
    });
});

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkout, scratchFolder } from "../lib/paths";

const folder = scratchFolder("package");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const make = () => execFileSync(join(checkout, "tools/package"), { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

describe.skipIf(process.env.BATON_BINARY)("the Debian package of tools/package", () => {
    let package_: string;
    let bytes: Buffer;

    beforeAll(() => {
        package_ = make();
        bytes = readFileSync(package_);
        execFileSync("dpkg-deb", ["-x", package_, folder]);
    }, 180_000);

    test("holds program, second name, health check and unit, and asks for the libraries", () => {
        const version = execFileSync(join(folder, "usr/bin/chainlink"), ["--version"], { encoding: "utf8" });
        expect(version).toContain("1.11.0");
        const files = execFileSync("dpkg-deb", ["-c", package_], { encoding: "utf8" });
        for (const file of ["usr/bin/baton", "usr/lib/baton/health", "usr/lib/systemd/system/baton@.service", "usr/share/doc/baton/examples/example.env"])
            expect(files).toContain(file);
        expect(files).not.toMatch(/^[-d].{5}w..? /m);
        const depends = execFileSync("dpkg-deb", ["-f", package_, "Depends"], { encoding: "utf8" });
        for (const library of ["libpq5", "libcurl4", "libssl3", "libsecp256k1-1", "libsodium23"]) expect(depends).toContain(library);
    });

    test("is the same each time", () => {
        expect(readFileSync(make()).equals(bytes)).toBe(true);
    }, 120_000);

    test.skipIf(spawnSync("systemd-analyze", ["--version"]).status !== 0)("its unit is valid and closed (systemd-analyze, Debian package systemd)", () => {
        const unit = readFileSync(join(folder, "usr/lib/systemd/system/baton@.service"), "utf8");
        // The program is not installed on this machine; its place in the unit is the package's.
        expect(unit).toContain("ExecStart=/usr/bin/baton local node ");
        const file = join(folder, "baton@.service");
        writeFileSync(file, unit.replace("/usr/bin/baton", join(folder, "usr/bin/baton")));
        const verified = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
        expect(verified.stderr + verified.stdout).toBe("");
        expect(verified.status).toBe(0);
        const exposure = spawnSync("systemd-analyze", ["security", "--offline=yes", "--no-pager", "--threshold=20", file], { encoding: "utf8" });
        expect(exposure.status, exposure.stdout).toBe(0);
    });
});

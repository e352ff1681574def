/**
 * Compiles the contracts of the npm package @chainlink/contracts that tests and demo deploy. The result is kept in
 * tests/.contracts and used again while package, compiler and settings are the same.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { Abi, Hex } from "viem";

const require = createRequire(import.meta.url);
const folder = dirname(fileURLToPath(import.meta.url));
const packageFolder = join(folder, "../node_modules/@chainlink/contracts");
const cacheFolder = join(folder, "../.contracts");

export interface Contract {
    abi: Abi;
    bytecode: Hex;
}

/** Each wants the compiler of its time. */
const contracts = {
    Operator: { compiler: "solc-0.7", source: "src/v0.7/Operator.sol" },
    LinkToken: { compiler: "solc-0.8", source: "src/v0.8/shared/token/ERC677/LinkToken.sol" },
    VRFTestHelper: { compiler: "solc-0.8", source: "src/v0.8/vrf/testhelpers/VRFTestHelper.sol" },
} as const;

export type ContractName = keyof typeof contracts;

const settings = {
    optimizer: { enabled: true, runs: 1_000 },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
};

/** The contract's source and all that it imports, by path inside the package. */
function collectSources(entry: string): Record<string, { content: string }> {
    const sources: Record<string, { content: string }> = {};
    const visit = (path: string) => {
        if (sources[path]) return;
        const file = path.startsWith("src/") ? join(packageFolder, path) : require.resolve(path, { paths: [packageFolder] });
        const content = readFileSync(file, "utf8");
        sources[path] = { content };
        for (const [, imported] of content.matchAll(/^import\s[^;]*?["']([^"']+)["']/gms))
            visit(imported!.startsWith(".") ? posix.join(posix.dirname(path), imported!) : imported!);
    };
    visit(entry);
    return sources;
}

function compile(name: ContractName, sources: Record<string, { content: string }>): Contract {
    const { compiler, source } = contracts[name];
    const solc = require(compiler) as { compile(input: string): string };
    const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings })));
    const errors = (output.errors ?? []).filter((e: { severity: string }) => e.severity === "error");
    if (errors.length) throw new Error(errors.map((e: { formattedMessage: string }) => e.formattedMessage).join("\n"));
    const result = output.contracts[source][name];
    return { abi: result.abi, bytecode: `0x${result.evm.bytecode.object}` };
}

const loaded: Partial<Record<ContractName, Contract>> = {};

/** ABI and deployable bytes; a few seconds the first time, nothing later. */
export const loadContract = (name: ContractName): Contract => (loaded[name] ??= readOrCompile(name));

function readOrCompile(name: ContractName): Contract {
    const sources = collectSources(contracts[name].source);
    const { version } = require(`${contracts[name].compiler}/package.json`) as { version: string };
    const key = createHash("sha256").update(JSON.stringify([version, settings, sources])).digest("hex").slice(0, 16);
    const cached = join(cacheFolder, `${name}-${key}.json`);
    if (existsSync(cached)) return JSON.parse(readFileSync(cached, "utf8"));
    const contract = compile(name, sources);
    mkdirSync(cacheFolder, { recursive: true });
    writeFileSync(cached, JSON.stringify(contract));
    return contract;
}

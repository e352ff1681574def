import { defineConfig } from "vitest/config";

// Scenarios start servers, nodes and chains: one after the other, so that two cores are not shared by three pairs.
export default defineConfig({
    test: {
        include: ["lib/**/*.test.ts", "compat/**/*.test.ts", "scenario/**/*.test.ts", "browser/**/*.test.ts"],
        globalSetup: ["lib/global-setup.ts"],
        fileParallelism: false,
        sequence: { concurrent: false },
        testTimeout: 120_000,
        hookTimeout: 60_000,
        teardownTimeout: 20_000,
    },
});

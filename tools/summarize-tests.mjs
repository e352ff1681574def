// Sums up a folder of test results: GoogleTest's and vitest's JSON files, and checks.tsv with one line per other check.
// Prints each failed and skipped test by name; the last line is "N passed, N failed, N skipped". Ends with 1 on failure.
import { readFileSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";

const folder = process.argv[2];
const results = { passed: [], failed: [], skipped: [] };

function addGoogleTest(name, document) {
    const log = `build/test-logs/${name.replace("-", "/")}.log`;
    for (const suite of document.testsuites)
        for (const test of suite.testsuite) {
            const outcome = test.failures ? "failed" : test.result === "SKIPPED" || test.status === "NOTRUN" ? "skipped" : "passed";
            results[outcome].push({ name: `${name} ${suite.name}.${test.name}`, note: `log: ${log}` });
        }
}

function addVitest(document) {
    const outcomes = { passed: "passed", failed: "failed", pending: "skipped", skipped: "skipped", todo: "skipped" };
    for (const file of document.testResults) {
        const path = relative(join(process.cwd(), "tests"), file.name);
        // A file that fails to load, or whose set-up fails, has no failed test to show for it.
        if (file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"))
            results.failed.push({ name: path, note: file.message.split("\n")[0] });
        for (const test of file.assertionResults)
            results[outcomes[test.status] ?? "failed"].push({
                name: `${path}: ${test.fullName}`,
                note: (test.failureMessages[0] ?? "").split("\n")[0],
            });
    }
}

for (const file of readdirSync(folder).sort()) {
    const text = readFileSync(join(folder, file), "utf8");
    if (file === "checks.tsv")
        for (const line of text.trim().split("\n")) {
            const [outcome, name, note] = line.split("\t");
            results[outcome].push({ name, note });
        }
    else if (file === "vitest.json") addVitest(JSON.parse(text));
    else addGoogleTest(basename(file, ".json"), JSON.parse(text));
}

for (const outcome of ["skipped", "failed"])
    for (const { name, note } of results[outcome]) console.log(`${outcome.toUpperCase()} ${name}${note ? `\n        ${note}` : ""}`);
console.log(`${results.passed.length} passed, ${results.failed.length} failed, ${results.skipped.length} skipped`);
process.exit(results.failed.length === 0 ? 0 : 1);

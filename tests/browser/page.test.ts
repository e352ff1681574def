import { networkInterfaces } from "node:os";
import { type Browser, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Job, webhookJob } from "../lib/jobs";
import { Lab } from "../lib/lab";
import { type BatonNode, credentials } from "../lib/node";
import { Proxy } from "../lib/proxy";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Chromium takes Secure cookies from loopback addresses over plain HTTP, so that case needs another one. */
const ownAddress = Object.values(networkInterfaces()).flat().find((a) => a?.family === "IPv4" && !a.internal)?.address;

let browser: Browser;
let lab: Lab;
let primary: BatonNode;
let secondary: BatonNode;
let job: Job;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
    lab = await Lab.start();
    [primary, secondary] = await lab.pair();
    job = await lab.createJob(primary, webhookJob({ name: "seen in a browser" }));
});
afterAll(async () => {
    await browser?.close();
    await lab?.stop();
});
beforeEach(async () => {
    const context = await browser.newContext();
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => faults.push(String(error)));
});
afterEach(async () => {
    await page.context().close();
    expect(faults).toEqual([]);
});

async function logIn(node: BatonNode, host = "127.0.0.1"): Promise<void> {
    await page.goto(`http://${host}:${node.port}/`);
    await page.getByLabel("E-mail").fill(credentials.email);
    await page.getByLabel("Password").fill(credentials.password);
    await page.getByRole("button", { name: "Log in" }).click();
}

const ownState = (state: string) => page.getByTestId("own-state").filter({ hasText: state }).waitFor();
const run = (node: BatonNode) => node.api.expect(200, "POST", `/v2/jobs/${job.externalJobId}/runs`, { value: 4 });

test("wrong credentials are said so", async () => {
    await page.goto(primary.api.url);
    await page.getByLabel("E-mail").fill(credentials.email);
    await page.getByLabel("Password").fill("a-wrong-password-0123456789");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("Wrong e-mail or password.").waitFor();
});

test("leader and standby show who leads, both instances, jobs, and warn of the empty key", async () => {
    for (const [node, state] of [[primary, "leading"], [secondary, "standby"]] as const) {
        await logIn(node);
        await ownState(state);
        expect(await page.getByTestId("leader").innerText()).toContain("chainlink leads since");
        expect(await page.getByTestId("instances").innerText()).toContain("secondary");
        expect(await page.getByTestId("history").innerText()).toContain("chainlink");
        await page.getByTestId("jobs").getByText("seen in a browser").waitFor();
        await page.getByTestId("keys").getByText(/^0x[0-9a-fA-F]{40}/).first().waitFor();
        await page.getByTestId("warnings").getByText(/0x[0-9a-fA-F]{40}/).first().waitFor();
        await page.context().clearCookies();
    }
});

test("a new run appears on the standby with its tasks, without a reload", async () => {
    await logIn(secondary);
    await ownState("standby");
    await page.evaluate(() => Object.assign(window, { notReloaded: true }));
    const { data } = await run(primary);
    const entry = page.getByTestId("runs").locator("details", { has: page.getByText(data.id, { exact: true }) });
    await entry.locator("summary").click();
    expect(await entry.innerText()).toMatch(/completed[\s\S]*parse\s+jsonparse\s+4[\s\S]*multiply\s+multiply\s+"?40"?/);
    expect(await page.evaluate(() => (window as any).notReloaded)).toBe(true);
});

test("the button on the leader's page hands over, and the standby's page says that it passes writes on", async () => {
    await logIn(secondary);
    await ownState("standby");
    await page.getByTestId("forwards").getByText("writes are passed on to the leader").waitFor();
    expect(await page.getByRole("button", { name: /^Hand over to / }).count()).toBe(0);
    await run(secondary);

    for (const [leader, standby] of [[primary, secondary], [secondary, primary]] as const) {
        await page.goto(leader.api.url);
        await ownState("leading");
        await page.getByRole("button", { name: /^Hand over to / }).click();
        await ownState("standby");
        await page.getByTestId("leader").filter({ hasText: `${standby.name} leads since` }).waitFor();
        await page.getByTestId("history").getByText("handover").first().waitFor();
        await page.getByTestId("history").getByText("from when the former leader gave the locks back").first().waitFor();
    }
});

test("a failover is seen live: on the standby that takes over, and on the page of the killed one", async () => {
    await logIn(primary);
    await ownState("leading");
    const other = await page.context().newPage();
    await other.goto(secondary.api.url);
    await other.getByTestId("own-state").filter({ hasText: "standby" }).waitFor();

    await primary.stop("SIGKILL");
    await other.getByTestId("own-state").filter({ hasText: "leading" }).waitFor();
    await other.getByTestId("leader").filter({ hasText: "secondary leads since" }).waitFor();
    await page.getByTestId("unreachable").waitFor();

    primary.start();
    await ownState("standby");
    await page.getByTestId("unreachable").waitFor({ state: "detached" });
    await page.getByTestId("leader").filter({ hasText: "secondary leads since" }).waitFor();
});

test("while the database is away the page keeps what it showed and says why", async () => {
    const proxy = await Proxy.at(lab.database.url);
    const third = await lab.node("third", { env: { DATABASE_URL: proxy.url(lab.database.url) } });
    try {
        third.start();
        await third.reaches("standby");
        await logIn(third);
        await ownState("standby");
        proxy.refuse();
        proxy.cut();
        await page.getByTestId("unreachable").filter({ hasText: "This instance has no news (the database cannot be used at the moment" }).waitFor();
        expect(await page.getByTestId("leader").innerText()).toContain("leads since");
        proxy.heal();
        await page.getByTestId("unreachable").waitFor({ state: "detached" });
    } finally {
        await third.stop("SIGKILL");
        await proxy.stop();
    }
});

test("a session that was ended elsewhere leads back to the login", async () => {
    await logIn(primary);
    await page.getByTestId("own-state").waitFor();
    await lab.database.query("delete from sessions");
    lab.session.cookie = "";
    await page.getByText("Your session has ended. Log in again.").waitFor();
    await page.getByLabel("E-mail").fill(credentials.email);
    await page.getByLabel("Password").fill(credentials.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByTestId("own-state").waitFor();
});

test.skipIf(!ownAddress)("a login that cannot work over plain HTTP is explained", async () => {
    const node = await lab.node("secure-page", { env: { SECURE_COOKIES: undefined } });
    node.start();
    await node.logs("leadership: starting -> standby");
    await logIn(node, ownAddress);
    await page.getByText("SECURE_COOKIES=false").waitFor();
    await node.stop("SIGTERM");
});

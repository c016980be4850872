import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openStage, type Stage } from "./stage.ts";

// The control experiment: the same two releases without protection break the open page.
const STEP_MS = 120_000;

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  stage = await openStage(
    "protection: { ...local.protection, enabled: false }, edge: { ...local.edge, mapTtlSeconds: 1 }",
  );
  const launch = chromium.launch({
    executablePath: inject("browserPath"),
    args: ["--no-sandbox", "--disable-quic"],
  });
  [browser] = await Promise.all([launch, stage.deploy()]);
}, STEP_MS);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
}, STEP_MS);

describe("with protection off", () => {
  it("an open page breaks when a breaking change is released", { timeout: STEP_MS }, async () => {
    await stage.run("infra/src/cli/release.ts", ["--allow-dirty"], { DEMO_CONTRACT: "1" });
    const page = await browser.newPage();
    await page.goto(stage.url);
    await page.getByText("2 × Lantern").waitFor();
    expect(await page.context().cookies()).toEqual([]);

    await stage.run("infra/src/cli/release.ts", ["--allow-dirty"], { DEMO_CONTRACT: "2" });
    const old = await page.getByTestId("page-version").textContent();
    await page.getByRole("button", { name: "Load again" }).click();
    await page.getByText("GET /api/orders answered 404.").waitFor();
    expect(await page.getByTestId("answered-by").textContent()).not.toBe(old);
  });
});

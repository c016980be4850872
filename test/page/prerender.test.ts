import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ONE, openStage, type Stage, TWO } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await openStage({
    versions: [],
    csp: "default-src 'self'; script-src 'self' 'inline-speculation-rules'",
  });
  const root = fileURLToPath(new URL("fixture-prerender", import.meta.url));
  for (const id of [ONE, TWO]) await stage.release(id, { root });
});
afterAll(() => stage?.close());

describe("a page that is prerendered after another version became current", () => {
  it("does not affect the open page, and is pinned before and after it is shown", async () => {
    await stage.point(ONE);
    const close = await openWithoutDevTools(stage.url);
    try {
      await expect.poll(phases).toEqual([`loaded by ${ONE}`]);
      await stage.point(TWO);
      await expect
        .poll(phases)
        .toEqual([
          `loaded by ${ONE}`,
          `prerendering by ${TWO}`,
          `meanwhile by ${ONE}`,
          `by-cookie by ${ONE}`,
          `shown by ${TWO}`,
        ]);
    } finally {
      await close();
    }
  });
});

function phases(): string[] {
  return stage.api.seen.flatMap(({ url, version }) => {
    const phase = new URL(url, stage.url).searchParams.get("phase");
    return phase === null ? [] : [`${phase} by ${version}`];
  });
}

async function openWithoutDevTools(url: string): Promise<() => Promise<void>> {
  const profile = await mkdtemp(join(tmpdir(), "lockstep-chromium-"));
  const args = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    `--user-data-dir=${profile}`,
  ];
  const child = spawn(inject("browserPath"), [...args, "--remote-debugging-port=0", url], {
    stdio: "ignore",
    // Chromium creates a socket in TMPDIR and does not remove it when it is killed.
    env: { ...process.env, TMPDIR: profile },
    detached: true, // a new process group, so that Chromium's child processes end too
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return async () => {
    process.kill(-child.pid!, "SIGTERM");
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
}

import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { createProgress, wantsColor } from "../../src/cli/view/progress.ts";

describe("createProgress()", () => {
  it("shows each step when it ends, with its time and its result or error", async () => {
    let text = "";
    let at = 0;
    const now = () => (at += 1500);
    const progress = createProgress({
      write: (part) => {
        text += part;
      },
      color: false,
      now,
    });
    await progress.step("Build web", async ({ note }) => note("3 files"));
    await expect(progress.step("Push", () => Promise.reject(new Error("denied\nmore")))).rejects.toThrow();
    expect(text).toBe(
      `✓ ${"Build web".padEnd(34)}    1.5 s  3 files\n✗ ${"Push".padEnd(34)}    1.5 s  denied\n`,
    );
  });

  function lines() {
    const written: string[] = [];
    const progress = createProgress({ write: (text) => written.push(text), color: false, now: () => 0 });
    return { written, progress };
  }

  it("shows inner steps below the title of their step, and an error only once", async () => {
    const { written, progress } = lines();
    const failing = progress.step("Deploy", async (step) => {
      await step.step("Upload", async ({ note }) => note("7 new"));
      step.say("  waiting");
      await step.step("Stack", () => Promise.reject(new Error("no capacity")));
    });
    await expect(failing).rejects.toThrow("no capacity");
    expect(written.map((line) => line.replace(/ +/g, " ").trimEnd())).toEqual([
      "Deploy",
      " ✓ Upload 0.0 s 7 new",
      " waiting",
      " ✗ Stack 0.0 s no capacity",
      "✗ Deploy 0.0 s",
    ]);
  });

  it("adds --local to the commands in an error if the local AWS is used", async () => {
    let text = "";
    const write = (part: string) => {
      text += part;
    };
    const environment = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };
    const progress = createProgress({ write, color: false, now: () => 0, environment });
    const error = new Error("Add the folder, and run npm run infra:deploy, or change the build.");
    await expect(progress.step("Build web", () => Promise.reject(error))).rejects.toBe(error);
    expect(text).toContain("run npm run infra:deploy -- --local, or change");
  });

  it("shows an aborted step as stopped", async () => {
    const { written, progress } = lines();
    const aborted = Object.assign(new Error("aborted"), { name: "AbortError" });
    await expect(progress.step("Build", () => Promise.reject(aborted))).rejects.toThrow();
    expect(written[0]).toMatch(/^– Build .*stopped\n$/);
  });

  it("redraws running steps at a terminal, and keeps them when all have ended", async () => {
    let screen = "";
    const progress = createProgress({
      write: (text) => {
        screen += text;
      },
      color: true,
      now: Date.now,
    });
    await progress.step("Deploy", async (step) => {
      await step.step("Upload", async ({ note }) => note("7 new"));
      await step.step("Stack", async () => {});
    });
    const last = stripVTControlCharacters(screen.slice(screen.lastIndexOf("✓")));
    expect(stripVTControlCharacters(screen)).toMatch(/Deploy[\s\S]*Upload[\s\S]*7 new[\s\S]*Stack/);
    expect(screen).toContain("\u001b[32m✓");
    expect(last).toMatch(/Stack/);
  });

  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { NO_COLOR: "1" }, false],
    [{ isTTY: true }, { CI: "true" }, false],
    [{}, {}, false],
  ])("wantsColor(%j, %j) is %s", (stream, environment, wanted) => {
    expect(wantsColor(stream, environment)).toBe(wanted);
  });
});

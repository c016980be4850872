import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { x } from "tinyexec";
import { afterEach, describe, expect, it } from "vitest";
import { allOrAbort } from "../../src/base/all-or-abort.ts";
import { runCommand } from "../../src/base/run-command.ts";
import { createProgress, wantsColor } from "../../src/cli/view/progress.ts";
import { readGitState } from "../../src/release/build/git-state.ts";
import { takeVersionId } from "../../src/release/lease-holder.ts";
import { verifyTargets } from "../../src/versions/verify-targets.ts";
import { createStage } from "../janitor/stage.ts";
import { deployOf } from "../lifecycle/samples.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-steps-"));
  undo.push(() => rm(folder, { recursive: true }));
  return folder;
}

describe("readGitState()", () => {
  const git = (cwd: string, ...args: string[]) =>
    x("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      nodeOptions: { cwd },
      throwOnError: true,
    });

  it("returns the commit, and refuses uncommitted changes unless allowed", async () => {
    const folder = await temporaryFolder();
    await git(folder, "init", "-q");
    await git(folder, "commit", "-q", "--allow-empty", "-m", "first");
    const { commit, dirty } = await readGitState(folder, { allowDirty: false });
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(dirty).toBe(false);
    await writeFile(join(folder, "new.txt"), "");
    await expect(readGitState(folder, { allowDirty: false })).rejects.toMatchObject({
      code: "GIT_DIRTY",
      message: "Uncommitted: new.txt.",
    });
    expect(await readGitState(folder, { allowDirty: true })).toEqual({ commit, dirty: true });
  });

  it("refuses a folder without a commit, unless allowed", async () => {
    const folder = await temporaryFolder();
    await expect(readGitState(folder, { allowDirty: false })).rejects.toMatchObject({ code: "GIT_UNKNOWN" });
    expect(await readGitState(folder, { allowDirty: true })).toEqual({ commit: "0".repeat(40), dirty: true });
  });
});

describe("runCommand()", () => {
  it("returns the output, and passes on environment variables", async () => {
    const options = { cwd: tmpdir(), env: { WORD: "hello" }, code: "BUILD_FAILED", shell: true } as const;
    expect(await runCommand("echo $WORD", [], options)).toBe("hello\n");
  });

  it("throws with the last lines and the exit code", async () => {
    const failing = runCommand("echo no such file >&2; exit 3", [], {
      cwd: tmpdir(),
      code: "BUILD_FAILED",
      shell: true,
    });
    await expect(failing).rejects.toMatchObject({
      code: "BUILD_FAILED",
      message: expect.stringMatching(/exited with 3\.\nno such file$/),
    });
  });

  it("throws if the program does not exist", async () => {
    const failing = runCommand("lockstep-no-such-program", [], { cwd: tmpdir(), code: "IMAGE_FAILED" });
    await expect(failing).rejects.toMatchObject({ code: "IMAGE_FAILED" });
  });

  it("ends the command if the other half of the build failed", async () => {
    const failing = allOrAbort<[string, never]>([
      (signal) => runCommand("sleep 60", [], { cwd: tmpdir(), signal, code: "BUILD_FAILED", shell: true }),
      () => Promise.reject(new Error("web failed")),
    ]);
    await expect(failing).rejects.toThrow("web failed");
  });
});

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

describe("takeVersionId()", () => {
  it("takes an id newer than every version, even if the clock is wrong", async () => {
    const { lifecycle, options, apply } = await createStage();
    const ahead = "20991231-235959-1f3a9c2";
    const ledger = await apply([deployOf(ahead)]);
    const held = await takeVersionId("1f3a9c2", ledger, lifecycle.leases, {
      clock: options.clock,
      onFailure: () => {},
    });
    expect(held.id).toBe("21000101-000000-1f3a9c2");
    await held.end();
  });

  it("gives eight concurrent releases of one commit eight ids", async () => {
    const { lifecycle, options, time } = await createStage();
    const ledger = await lifecycle.store.read();
    const hold = () =>
      takeVersionId("1f3a9c2", ledger, lifecycle.leases, { clock: options.clock, onFailure: () => {} });
    const held = await time.until(() => Promise.all(Array.from({ length: 8 }, hold)));
    expect(new Set(held.map(({ id }) => id)).size).toBe(8);
    await Promise.all(held.map((one) => one.end()));
    expect((await lifecycle.leases.list()).size).toBe(0);
  });
});

describe("verifyTargets()", () => {
  const states = (...all: string[]) => ({
    TargetHealthDescriptions: all.map((State, n) => ({
      Target: { Id: "10.0.0.1", Port: 8000 + n },
      TargetHealth: { State, Description: `is ${State}` },
    })),
  });
  const verify = (answers: ReturnType<typeof states>[]) => {
    let at = 0;
    const elb = { send: async () => answers.shift() ?? states() } as never;
    return verifyTargets({
      elb,
      targetGroupArn: "tg",
      wanted: 2,
      clock: { now: () => (at += 1000), sleep: async () => {} },
      timeoutMs: 5000,
    });
  };

  it("waits until all targets are healthy and as many as wanted, and ignores draining ones", async () => {
    const answers = [
      states(),
      states("healthy"),
      states("healthy", "initial"),
      states("healthy", "healthy", "draining"),
    ];
    expect(await verify(answers)).toBe(2);
    expect(answers).toEqual([]);
  });

  it("throws with the load balancer's reason if a target stays unhealthy", async () => {
    const answers = Array.from({ length: 9 }, () => states("healthy", "unhealthy"));
    await expect(verify(answers)).rejects.toMatchObject({
      code: "TARGETS_UNHEALTHY",
      message: "1 of 2 targets are healthy; 10.0.0.1:8001 is unhealthy (is unhealthy).",
    });
  });
});

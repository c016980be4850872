import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { x } from "tinyexec";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readGitState } from "../../src/release/build/git-state.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-git-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("readGitState()", () => {
  const git = (cwd: string, ...args: string[]) =>
    x("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      nodeOptions: { cwd },
      throwOnError: true,
    });

  it("returns the commit, and refuses uncommitted changes unless allowed", async () => {
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
    await expect(readGitState(folder, { allowDirty: false })).rejects.toMatchObject({ code: "GIT_UNKNOWN" });
    expect(await readGitState(folder, { allowDirty: true })).toEqual({ commit: "0".repeat(40), dirty: true });
  });
});

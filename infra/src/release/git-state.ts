import { x } from "tinyexec";
import { LockstepError } from "../base/lockstep-error.ts";

export interface GitState {
  /** The full hash of the commit that is released. */
  commit: string;
  /** Whether the working tree holds what the commit does not. */
  dirty: boolean;
}

/** Stands for "no commit" in the id of a version that was released outside git with `--allow-dirty`. */
const NO_COMMIT = "0".repeat(40);
const SHOWN_FILES = 5;

/**
 * The commit of a folder. What is released should be what a commit holds: a version is named after it.
 *
 * @throws LockstepError GIT_UNKNOWN, GIT_DIRTY; not with `allowDirty`
 */
export async function readGitState(
  folder: string,
  { allowDirty }: { allowDirty: boolean },
): Promise<GitState> {
  const head = await git(folder, ["rev-parse", "HEAD"]);
  const status = await git(folder, ["status", "--porcelain"]);
  if (head === undefined || status === undefined) {
    if (allowDirty) return { commit: NO_COMMIT, dirty: true };
    throw new LockstepError("GIT_UNKNOWN", `${folder} is not in a git repository with a commit.`);
  }
  const changed = status.split("\n").filter((line) => line !== "");
  if (changed.length > 0 && !allowDirty) throw dirtyError(changed);
  return { commit: head.trim(), dirty: changed.length > 0 };
}

function dirtyError(changed: readonly string[]): LockstepError {
  const names = changed.slice(0, SHOWN_FILES).map((line) => line.slice(3));
  const more = changed.length > SHOWN_FILES ? ` and ${changed.length - SHOWN_FILES} more` : "";
  return new LockstepError("GIT_DIRTY", `Not committed: ${names.join(", ")}${more}.`);
}

/** What git prints; `undefined` when it fails or is not installed. */
async function git(folder: string, args: string[]): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await x("git", args, { nodeOptions: { cwd: folder } });
    return exitCode === 0 ? stdout : undefined;
  } catch {
    return undefined; // no git on this machine
  }
}

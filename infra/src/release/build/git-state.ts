import { x } from "tinyexec";
import { formatList } from "../../base/format.ts";
import { LockstepError } from "../../base/lockstep-error.ts";

export interface GitState {
  /** Full hash of the released commit. */
  commit: string;
  /** Whether the working tree has uncommitted changes. */
  dirty: boolean;
}

/** The commit of a version that was released without git (`--allow-dirty`). */
const NO_COMMIT = "0".repeat(40);
const SHOWN_FILES = 5;

/**
 * Reads the commit of a folder, and refuses uncommitted changes, because a version is named after its commit.
 *
 * @throws LockstepError GIT_UNKNOWN, GIT_DIRTY, unless `allowDirty` is set
 */
export async function readGitState(
  folder: string,
  { allowDirty }: { allowDirty: boolean },
): Promise<GitState> {
  const head = await git(folder, ["rev-parse", "HEAD"]);
  const status = await git(folder, ["status", "--porcelain"]);
  if (head === undefined || status === undefined) {
    if (allowDirty) return { commit: NO_COMMIT, dirty: true };
    throw new LockstepError("GIT_UNKNOWN", `${folder} is not in a git repository that has a commit.`);
  }
  const changed = status.split("\n").filter((line) => line !== "");
  if (changed.length > 0 && !allowDirty) throw dirtyError(changed);
  return { commit: head.trim(), dirty: changed.length > 0 };
}

function dirtyError(changed: readonly string[]): LockstepError {
  const names = changed.map((line) => line.slice(3));
  return new LockstepError("GIT_DIRTY", `Uncommitted: ${formatList(names, SHOWN_FILES)}.`);
}

/** Runs git. @returns its output; `undefined` if it fails or is not installed */
async function git(folder: string, args: string[]): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await x("git", args, { nodeOptions: { cwd: folder } });
    return exitCode === 0 ? stdout : undefined;
  } catch {
    return undefined; // git is not installed
  }
}

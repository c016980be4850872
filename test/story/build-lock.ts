import { createHash } from "node:crypto";
import { readlink, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../../local/start/state-file.ts";

/** A link to the id of the process that builds: created with its content in one step. */
const LOCK = join(tmpdir(), `lockstep-build-${createHash("sha256").update(ROOT).digest("hex").slice(0, 16)}`);
const POLL_MS = 50;

/**
 * Waits until no other stage builds. All builds of a checkout write to the same `dist` folders, and test files run in parallel.
 *
 * @returns the function that ends the turn; its second call has no effect
 */
export async function lockBuilds(): Promise<() => Promise<void>> {
  while (!(await take())) {
    if (await isStale()) await rm(LOCK, { force: true });
    else await sleep(POLL_MS);
  }
  let held = true;
  return async () => {
    if (!held) return;
    held = false;
    await rm(LOCK, { force: true });
  };
}

async function take(): Promise<boolean> {
  try {
    await symlink(String(process.pid), LOCK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether the process that holds the lock no longer runs. */
async function isStale(): Promise<boolean> {
  const pid = await readlink(LOCK).catch(() => undefined);
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

import { x } from "tinyexec";
import { type ErrorCode, LockstepError } from "../base/lockstep-error.ts";

export interface RunOptions {
  /** Folder in which it runs. */
  cwd: string;
  env?: Record<string, string>;
  signal?: AbortSignal;
  /** Written to its standard input. */
  stdin?: string;
  /** What the failure is, should it fail. */
  code: ErrorCode;
  /** Run by the system's shell; then `args` is empty. */
  shell?: boolean;
}

const SHOWN_LINES = 25;

/**
 * Runs a command and returns what it printed on its standard output. When the signal aborts, or this process ends, the
 * command ends with everything that it started.
 *
 * @throws LockstepError of `code` with the last lines that it printed
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const { cwd, env, signal, stdin, code, shell = false } = options;
  const line = [command, ...args].join(" ");
  signal?.throwIfAborted();
  const child = x(command, args, {
    stdin,
    nodeOptions: {
      cwd,
      env: { ...process.env, ...env },
      shell,
      detached: OWN_GROUP,
      ...(stdin === undefined && { stdio: ["ignore", "pipe", "pipe"] }),
    },
  });
  const end = () => endGroup(child.pid);
  signal?.addEventListener("abort", end);
  process.once("exit", end);
  try {
    const { exitCode, stdout, stderr } = await child;
    signal?.throwIfAborted();
    if (exitCode === 0) return stdout;
    const output = `${stdout}\n${stderr}`.trim().split("\n").slice(-SHOWN_LINES).join("\n");
    throw new LockstepError(
      code,
      `\`${line}\` in ${cwd} ended with ${exitCode ?? "a signal"}.\n${output}`.trimEnd(),
    );
  } catch (cause) {
    if (cause instanceof LockstepError || signal?.aborted) throw cause;
    throw new LockstepError(code, `\`${line}\` could not be started in ${cwd}.`, { cause });
  } finally {
    signal?.removeEventListener("abort", end);
    process.off("exit", end);
  }
}

/** A group of its own: a shell that is killed alone leaves behind what it started. Windows has no groups. */
const OWN_GROUP = process.platform !== "win32";

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(OWN_GROUP ? -pid : pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended by itself
  }
}

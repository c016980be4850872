import { x } from "tinyexec";
import { type ErrorCode, LockstepError } from "./lockstep-error.ts";

export interface RunOptions {
  /** Working directory. */
  cwd: string;
  env?: Record<string, string>;
  signal?: AbortSignal;
  /** Written to its standard input. */
  stdin?: string;
  /** Code of the error if the command fails. */
  code: ErrorCode;
  /** Runs the command in the system's shell. Then `args` must be empty. */
  shell?: boolean;
}

const SHOWN_LINES = 25;

/**
 * Runs a command and returns its standard output. If the signal aborts or this process ends, the command ends, and so
 * do all processes that it started.
 *
 * @throws LockstepError with `code` and the last lines of the output
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
      `\`${line}\` in ${cwd} exited with ${exitCode ?? "a signal"}.\n${output}`.trimEnd(),
    );
  } catch (cause) {
    if (cause instanceof LockstepError || signal?.aborted) throw cause;
    throw new LockstepError(code, `Could not start \`${line}\` in ${cwd}.`, { cause });
  } finally {
    signal?.removeEventListener("abort", end);
    process.off("exit", end);
  }
}

/** Uses a process group, because a killed shell leaves its children running. Windows has no groups. */
const OWN_GROUP = process.platform !== "win32";

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(OWN_GROUP ? -pid : pid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has already ended
  }
}

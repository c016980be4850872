import { x } from "tinyexec";
import { type ErrorCode, LockstepError } from "../lifecycle/lockstep-error.ts";

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
 * Runs a command and returns what it printed on its standard output.
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
  const child = x(command, args, {
    signal,
    stdin,
    nodeOptions: { cwd, env: { ...process.env, ...env }, shell },
  });
  const { exitCode, stdout, stderr } = await Promise.resolve(child).catch((cause: unknown) => {
    throw new LockstepError(code, `\`${line}\` could not be started in ${cwd}.`, { cause });
  });
  signal?.throwIfAborted();
  if (exitCode === 0) return stdout;
  const output = `${stdout}\n${stderr}`.trim().split("\n").slice(-SHOWN_LINES).join("\n");
  throw new LockstepError(
    code,
    `\`${line}\` in ${cwd} ended with ${exitCode ?? "a signal"}.\n${output}`.trimEnd(),
  );
}

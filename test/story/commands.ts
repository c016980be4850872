import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { ROOT } from "../../local/start/state-file.ts";
import { lockBuilds } from "./build-lock.ts";

export interface RunningCommand {
  /** Resolves when its output matches. Rejects if it ends before. */
  printed(pattern: RegExp): Promise<void>;
  /** Kills it and everything that it started, with SIGKILL. */
  kill(): Promise<void>;
  /** Resolves when it has ended, with any exit code. */
  ended: Promise<unknown>;
}

/** The step of a release after which it no longer reads what it built. */
const UPLOADED = /✓ Upload files/;

/** Runs a command with `run.mjs` and returns its standard output. Throws all its output if it fails. */
export async function runCommand(args: string[], env: Record<string, string>): Promise<string> {
  const endTurn = writesBuild(args) ? await lockBuilds() : undefined;
  const child = spawnCommand(args, env);
  let stdout = "";
  let all = "";
  child.stdout!.on("data", (chunk) => (stdout += chunk));
  onOutput(child, (chunk) => {
    all += chunk;
    if (UPLOADED.test(all)) void endTurn?.();
  });
  try {
    const [code] = await once(child, "close");
    if (code === 0) return stdout;
    throw new Error(`${args.join(" ")} ended with ${code}:\n${all}`);
  } finally {
    await endTurn?.();
  }
}

/** Starts a command in its own process group. It must not build. */
export function startCommand(args: string[], env: Record<string, string>): RunningCommand {
  const child = spawnCommand(args, env, { detached: true });
  const ended = once(child, "close");
  const output = new EventEmitter();
  let all = "";
  onOutput(child, (chunk) => {
    all += chunk;
    output.emit("more");
  });
  return {
    ended,
    async printed(pattern) {
      while (!pattern.test(all)) {
        const more = once(output, "more");
        const isOver = await Promise.race([more.then(() => false), ended.then(() => true)]);
        if (isOver && !pattern.test(all)) throw new Error(`It ended and never printed ${pattern}:\n${all}`);
      }
    },
    async kill() {
      process.kill(-child.pid!, "SIGKILL");
      await ended;
    },
  };
}

function spawnCommand(args: string[], env: Record<string, string>, { detached = false } = {}): ChildProcess {
  return spawn(process.execPath, [join(ROOT, "run.mjs"), ...args], {
    cwd: ROOT,
    env: { ...process.env, CI: "true", CDK_DISABLE_CLI_TELEMETRY: "true", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached,
  });
}

function onOutput(child: ChildProcess, receive: (chunk: string) => void): void {
  for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding("utf8").on("data", receive);
}

/** Whether the command writes to the `dist` folders of the checkout. */
function writesBuild([file, ...options]: string[]): boolean {
  if (file === "infra/src/cli/build.ts") return true;
  if (file !== "infra/src/cli/release.ts") return false;
  return !options.some((option) => option === "--skip-build" || option === "--resume");
}

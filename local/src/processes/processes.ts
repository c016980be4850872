import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createOrphanGuard, type OrphanGuard } from "./orphan-guard.ts";

interface ProcessOptions {
  command: string;
  args: string[];
  cwd: string;
  /** The whole environment. Nothing is inherited. */
  env: Record<string, string>;
  /** Opens a message channel to a Node process. Default false. */
  messages?: boolean;
  onLine?(line: string): void;
  onMessage?(message: any): void;
}

/** How a process ended: an exit code, a signal, or the error that prevented its start. */
export interface ProcessExit {
  code?: number;
  signal?: NodeJS.Signals;
  error?: Error;
}

export interface RunningProcess {
  /** Also the id of the process group. `undefined` if the process could not be started. */
  pid: number | undefined;
  /** Resolves when the process and its child processes have ended and all output has been read. */
  exited: Promise<ProcessExit>;
  send(message: unknown): void;
  /** Sends a signal to the whole group. It has no effect after the group has ended. */
  signal(name: NodeJS.Signals): void;
  /** Sends SIGTERM, then SIGKILL after the given time. */
  stop(graceMs: number): Promise<ProcessExit>;
}

/** Child processes in separate process groups, so that a signal reaches all their own children. */
export interface Processes {
  start(options: ProcessOptions): RunningProcess;
  /** Stops all running processes (SIGTERM, then SIGKILL after `graceMs`) and resolves when they have ended. */
  close(graceMs: number): Promise<void>;
}

/** Maximum wait for output. A daemon may have left the group and kept the pipes open. */
const OUTPUT_WAIT_MS = 500;

/** Creates processes that end with this one, even if it is killed with SIGKILL: see {@link createOrphanGuard}. */
export function createProcesses(): Processes {
  const guard = createOrphanGuard();
  const running = new Set<RunningProcess>();
  return {
    start(options) {
      const process = startProcess(options, guard);
      running.add(process);
      void process.exited.then(() => running.delete(process));
      return process;
    },
    async close(graceMs) {
      await Promise.all([...running].map((process) => process.stop(graceMs)));
      await guard.close();
    },
  };
}

function startProcess(options: ProcessOptions, guard: OrphanGuard): RunningProcess {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", ...(options.messages ? (["ipc"] as const) : [])],
  });
  const { pid } = child;
  if (pid !== undefined) guard.add(pid);
  for (const stream of [child.stdout, child.stderr]) readLines(stream!, options.onLine);
  if (options.onMessage) child.on("message", options.onMessage);
  const signal = (name: NodeJS.Signals) => signalGroup(pid, name);
  const exited = watchExit(child, signal).then((exit) => {
    if (pid !== undefined) guard.remove(pid);
    return exit;
  });
  return {
    pid,
    exited,
    signal,
    send: (message) => void child.send(message as object, ignoreClosedChannel),
    async stop(graceMs) {
      signal("SIGTERM");
      const timer = setTimeout(signal, graceMs, "SIGKILL");
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
  };
}

/** Ends the whole group when its first process ends, as in a container. */
function watchExit(child: ChildProcess, signal: (name: NodeJS.Signals) => void): Promise<ProcessExit> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ error });
    });
    child.once("exit", (code, by) => {
      signal("SIGKILL");
      const done = () => resolve(code === null ? { signal: by! } : { code });
      const timer = setTimeout(() => {
        child.stdout!.destroy();
        child.stderr!.destroy();
        done();
      }, OUTPUT_WAIT_MS);
      child.once("close", () => {
        clearTimeout(timer);
        done();
      });
    });
  });
}

function readLines(stream: Readable, onLine: ((line: string) => void) | undefined): void {
  if (onLine === undefined) stream.resume();
  else createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", onLine);
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The process may end just before a message is sent. Its exit is handled separately. */
function ignoreClosedChannel(): void {}

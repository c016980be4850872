import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createOrphanGuard, type OrphanGuard } from "./orphan-guard.ts";

interface ProcessOptions {
  command: string;
  args: string[];
  cwd: string;
  /** The whole environment: nothing of ours is inherited. */
  env: Record<string, string>;
  /** Opens a message channel to a Node process. Default false. */
  messages?: boolean;
  onLine?(line: string): void;
  onMessage?(message: any): void;
}

/** How a process ended: a code, or the signal that ended it, or the error why it never began. */
export interface ProcessExit {
  code?: number;
  signal?: NodeJS.Signals;
  error?: Error;
}

export interface RunningProcess {
  /** Also the id of its group. Undefined when it could not be started. */
  pid: number | undefined;
  /** Resolves when the process and what it started are gone and all output has been read. */
  exited: Promise<ProcessExit>;
  send(message: unknown): void;
  /** Signals the whole group. No effect when it is gone. */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after the given time. */
  stop(graceMs: number): Promise<ProcessExit>;
}

/** Children in process groups of their own, so that a signal reaches all that they start. */
export interface Processes {
  start(options: ProcessOptions): RunningProcess;
  /** Stops all that still run (SIGTERM, SIGKILL after `graceMs`) and resolves when they are gone. */
  close(graceMs: number): Promise<void>;
}

/** A daemon may have left the group with our pipes in hand: output is not waited for longer than this. */
const OUTPUT_WAIT_MS = 500;

/** Also when this process is killed with SIGKILL its children end: see {@link createOrphanGuard}. */
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

/** Like a container, a group ends with its first process. */
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

/** The process may end between our look and our message; its exit tells the rest. */
function ignoreClosedChannel(): void {}

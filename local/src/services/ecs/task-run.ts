import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TaskStopCode } from "@aws-sdk/client-ecs";
import type { Cloud } from "../../cloud.ts";
import { freePort } from "../../processes/free-port.ts";
import type { LogStream } from "../../processes/log-stream.ts";
import type { ProcessExit, Processes, RunningProcess } from "../../processes/processes.ts";
import { commandOf, containerEnvironment } from "./container.ts";
import { pullImage } from "./image.ts";
import type { TaskRecord, TaskStatus } from "./model.ts";
import { deregisterTask, isDraining, registerTask } from "./targets.ts";
import { openTaskLog } from "./task-log.ts";

export interface TaskRunOptions {
  /** How long a task is seen PROVISIONING and DEPROVISIONING (on AWS: its network interface). Milliseconds. */
  provisioningMs: number;
  /** How often a draining target is looked at. Milliseconds. */
  drainPollMs: number;
  /** Called after each change of the record. */
  changed: (task: TaskRecord) => void;
}

/** Default of a container's `stopTimeout` (ECS developer guide). */
const STOP_TIMEOUT_SECONDS = 30;

/**
 * A task's life as a process:
 *
 *     PROVISIONING → PENDING (pull) → RUNNING (target registered) → DEACTIVATING (deregistered, drained)
 *       → STOPPING (SIGTERM … SIGKILL) → DEPROVISIONING → STOPPED
 */
export class TaskRun {
  /** Resolves when the task is STOPPED. */
  readonly stopped: Promise<void>;
  readonly #cloud: Cloud;
  readonly #processes: Processes;
  readonly #task: TaskRecord;
  readonly #options: TaskRunOptions;
  readonly #folder: string;
  readonly #stop = new AbortController();
  /** The cloud closes: nothing is waited for. */
  readonly #hurry = new AbortController();
  #log: LogStream | undefined;

  constructor(cloud: Cloud, processes: Processes, task: TaskRecord, options: TaskRunOptions) {
    this.#cloud = cloud;
    this.#processes = processes;
    this.#task = task;
    this.#options = options;
    this.#folder = join(cloud.stateDir, "ecs", task.id);
    this.stopped = this.#live();
  }

  /** Asks for the end. Only the first reason counts. */
  stop(reason: string, code: TaskStopCode): void {
    const task = this.#task;
    if (task.desiredStatus === "STOPPED") return;
    task.desiredStatus = "STOPPED";
    task.stoppedReason = reason;
    task.stopCode = code;
    task.stoppingAt = this.#now();
    this.#stop.abort();
  }

  /** Ends without draining. */
  abort(): void {
    this.stop("The local AWS is closing.", "ServiceSchedulerInitiated");
    this.#hurry.abort();
  }

  async #live(): Promise<void> {
    const process = await this.#start().catch((error: Error) => {
      this.#task.containerReason = error.message;
      this.stop(error.message, "TaskFailedToStart");
    });
    if (process !== undefined) await this.#runToTheEnd(process);
    await this.#log?.flush();
    await rm(this.#folder, { recursive: true, force: true }).catch((error: Error) => this.#complain(error));
    this.#enter("DEPROVISIONING");
    await pause(this.#options.provisioningMs, this.#hurry.signal);
    this.#task.stoppedAt = this.#now();
    this.#enter("STOPPED");
  }

  /** Undefined when the stop came first. */
  async #start(): Promise<RunningProcess | undefined> {
    await pause(this.#options.provisioningMs, this.#stop.signal);
    if (this.#stop.signal.aborted) return undefined;
    this.#enter("PENDING");
    const task = this.#task;
    const container = task.definition.definition.containerDefinitions![0]!;
    task.pullStartedAt = this.#now();
    const image = await pullImage(this.#cloud, container.image!, this.#folder);
    task.pullStoppedAt = this.#now();
    task.imageDigest = image.digest;
    this.#log = await openTaskLog(this.#cloud, task);
    if (container.portMappings?.length) task.port = await freePort();
    const [command, ...args] = commandOf(container, image) as [string, ...string[]];
    if (this.#stop.signal.aborted) return undefined;
    const env = containerEnvironment(this.#cloud, container, image, task);
    const onLine = this.#log?.write;
    const process = this.#processes.start({ command, args, cwd: this.#folder, env, onLine });
    if (process.pid === undefined)
      throw new Error(`CannotStartContainerError: ${(await process.exited).error?.message}`);
    task.pid = process.pid;
    return process;
  }

  async #runToTheEnd(process: RunningProcess): Promise<void> {
    const task = this.#task;
    let exit: ProcessExit | undefined;
    const exited = process.exited.then((how) => {
      exit = how;
      task.executionStoppedAt = this.#now();
      task.exitCode = how.code ?? exitCodeOf(how.signal);
      this.stop("Essential container in task exited", "EssentialContainerExited");
    });
    task.startedAt = this.#now();
    await registerTask(this.#cloud, task).catch((error: Error) =>
      this.stop(`Task failed to register with its target group: ${error.message}`, "TaskFailedToStart"),
    );
    this.#enter("RUNNING");
    if (!this.#stop.signal.aborted)
      await new Promise((resolve) => this.#stop.signal.addEventListener("abort", resolve));
    this.#enter("DEACTIVATING");
    await this.#deregister();
    while (exit === undefined && !this.#hurry.signal.aborted && (await this.#isDraining()))
      await Promise.race([exited, pause(this.#options.drainPollMs, this.#hurry.signal)]);
    this.#enter("STOPPING");
    const { stopTimeout } = task.definition.definition.containerDefinitions![0]!;
    if (exit === undefined && !this.#hurry.signal.aborted)
      await Promise.race([
        process.stop((stopTimeout ?? STOP_TIMEOUT_SECONDS) * 1000),
        new Promise((resolve) => this.#hurry.signal.addEventListener("abort", resolve)),
      ]);
    // In a hurry it is `Processes.close()` that ends the process.
    await exited;
  }

  async #deregister(): Promise<void> {
    await deregisterTask(this.#cloud, this.#task).catch((error: Error) => this.#complain(error));
  }

  async #isDraining(): Promise<boolean> {
    return isDraining(this.#cloud, this.#task).catch((error: Error) => {
      this.#complain(error);
      return false;
    });
  }

  #complain(error: Error): void {
    if (!this.#hurry.signal.aborted) this.#cloud.log(`${this.#task.arn}: ${error.message}`);
  }

  #enter(status: TaskStatus): void {
    this.#task.lastStatus = status;
    this.#options.changed(this.#task);
  }

  #now(): Date {
    return new Date(this.#cloud.now());
  }
}

/** A wait that a signal cuts short. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = {
  SIGINT: 130,
  SIGABRT: 134,
  SIGKILL: 137,
  SIGSEGV: 139,
  SIGTERM: 143,
};

/** 128 + the number of the signal, as Docker tells it. */
function exitCodeOf(signal: NodeJS.Signals | undefined): number | undefined {
  return signal && EXIT_CODES[signal];
}

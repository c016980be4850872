import type { TaskStopCode } from "@aws-sdk/client-ecs";
import type { Cloud } from "../../../cloud.ts";
import type { ProcessExit } from "../../../processes/processes.ts";
import type { TaskRecord, TaskStatus } from "../state/model.ts";
import type { ContainerHost, RunningContainer } from "./container-host.ts";
import { deregisterTask, isDraining, registerTask } from "./targets.ts";

export interface TaskRunOptions {
  /**
   * Milliseconds that a task stays PROVISIONING and DEPROVISIONING. On AWS, it waits for its network interface then.
   */
  provisioningMs: number;
  /** Interval between checks of a draining target. Milliseconds. */
  drainPollMs: number;
  /** Called after each change of the record. */
  changed: (task: TaskRecord) => void;
}

/** Default of a container's `stopTimeout` (ECS developer guide). */
const STOP_TIMEOUT_SECONDS = 30;

/**
 * Runs a task as a process through all states:
 *
 *     PROVISIONING → PENDING (pull) → RUNNING (target registered) → DEACTIVATING (deregistered, drained)
 *       → STOPPING (SIGTERM … SIGKILL) → DEPROVISIONING → STOPPED
 */
export class TaskRun {
  /** Resolves when the task is STOPPED. */
  readonly stopped: Promise<void>;
  readonly #cloud: Cloud;
  readonly #host: ContainerHost;
  readonly #task: TaskRecord;
  readonly #options: TaskRunOptions;
  readonly #stop = new AbortController();
  /** Aborted when the cloud closes: then the task skips all waits. */
  readonly #hurry = new AbortController();

  constructor(cloud: Cloud, host: ContainerHost, task: TaskRecord, options: TaskRunOptions) {
    this.#cloud = cloud;
    this.#host = host;
    this.#task = task;
    this.#options = options;
    this.stopped = this.#live();
  }

  /** Stops the task. Later calls have no effect. */
  stop(reason: string, code: TaskStopCode): void {
    const task = this.#task;
    if (task.desiredStatus === "STOPPED") return;
    task.desiredStatus = "STOPPED";
    task.stoppedReason = reason;
    task.stopCode = code;
    task.stoppingAt = this.#now();
    this.#stop.abort();
  }

  /** Stops the task without draining. */
  abort(): void {
    this.stop("The local AWS is closing.", "ServiceSchedulerInitiated");
    this.#hurry.abort();
  }

  async #live(): Promise<void> {
    const container = await this.#start().catch((error: Error) => {
      this.#task.containerReason = error.message;
      this.stop(error.message, "TaskFailedToStart");
    });
    if (container !== undefined) await this.#runToTheEnd(container);
    await this.#host.clear(this.#task).catch((error: Error) => this.#log(error));
    this.#enter("DEPROVISIONING");
    await this.#pause(this.#options.provisioningMs, this.#hurry.signal);
    this.#task.stoppedAt = this.#now();
    this.#enter("STOPPED");
  }

  /** Returns `undefined` if the task is stopped first. */
  async #start(): Promise<RunningContainer | undefined> {
    await this.#pause(this.#options.provisioningMs, this.#stop.signal);
    if (this.#stop.signal.aborted) return undefined;
    this.#enter("PENDING");
    return this.#host.start(this.#task, this.#stop.signal);
  }

  async #runToTheEnd(container: RunningContainer): Promise<void> {
    const task = this.#task;
    let exit: ProcessExit | undefined;
    const exited = container.exited.then((how) => {
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
      await Promise.race([exited, this.#pause(this.#options.drainPollMs, this.#hurry.signal)]);
    this.#enter("STOPPING");
    const { stopTimeout } = task.definition.definition.containerDefinitions![0]!;
    if (exit === undefined && !this.#hurry.signal.aborted)
      await Promise.race([
        container.stop((stopTimeout ?? STOP_TIMEOUT_SECONDS) * 1000),
        new Promise((resolve) => this.#hurry.signal.addEventListener("abort", resolve)),
      ]);
    // When the cloud closes, the host ends the container.
    await exited;
  }

  async #deregister(): Promise<void> {
    await deregisterTask(this.#cloud, this.#task).catch((error: Error) => this.#log(error));
  }

  async #isDraining(): Promise<boolean> {
    return isDraining(this.#cloud, this.#task).catch((error: Error) => {
      this.#log(error);
      return false;
    });
  }

  #log(error: Error): void {
    if (!this.#hurry.signal.aborted) this.#cloud.log(`${this.#task.arn}: ${error.message}`);
  }

  #enter(status: TaskStatus): void {
    this.#task.lastStatus = status;
    this.#options.changed(this.#task);
  }

  /** Waits until the time is over or the signal is aborted. */
  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return this.#cloud.timers.wait(ms, { signal });
  }

  #now(): Date {
    return new Date(this.#cloud.now());
  }
}

const EXIT_CODES: Partial<Record<NodeJS.Signals, number>> = {
  SIGINT: 130,
  SIGABRT: 134,
  SIGKILL: 137,
  SIGSEGV: 139,
  SIGTERM: 143,
};

/** Returns 128 + the number of the signal, as Docker does. */
function exitCodeOf(signal: NodeJS.Signals | undefined): number | undefined {
  return signal && EXIT_CODES[signal];
}

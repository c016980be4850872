import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cloud } from "../../cloud.ts";
import { freePort } from "../../processes/free-port.ts";
import type { LogStream } from "../../processes/log-stream.ts";
import { createProcesses, type ProcessExit } from "../../processes/processes.ts";
import { commandOf, containerEnvironment } from "./container.ts";
import { pullImage } from "./image.ts";
import type { TaskRecord } from "./model.ts";
import { openTaskLog } from "./task-log.ts";

/** A container that runs. */
export interface RunningContainer {
  /** Resolves when it has ended, however it did. */
  exited: Promise<ProcessExit>;
  /** SIGTERM, then SIGKILL after the given time. */
  stop(graceMs: number): Promise<unknown>;
}

/** Where containers run. */
export interface ContainerHost {
  /**
   * Pulls the image and starts the container; notes on the task what it comes to know (port, digest, pid).
   *
   * @returns `undefined` when the signal came first
   * @throws Error whose message is the task's stopped reason
   */
  start(task: TaskRecord, signal: AbortSignal): Promise<RunningContainer | undefined>;
  /** Removes what a container that has ended leaves. */
  clear(task: TaskRecord): Promise<void>;
  /** Ends all that still run; SIGKILL after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Containers as processes of this machine, each in a folder of its own with the image's files. */
export function createProcessHost(cloud: Cloud): ContainerHost {
  const processes = createProcesses();
  const logs = new Map<TaskRecord, LogStream>();
  const folderOf = (task: TaskRecord) => join(cloud.stateDir, "ecs", task.id);
  return {
    async start(task, signal) {
      const folder = folderOf(task);
      const container = task.definition.definition.containerDefinitions![0]!;
      task.pullStartedAt = new Date(cloud.now());
      const image = await pullImage(cloud, container.image!, folder);
      task.pullStoppedAt = new Date(cloud.now());
      task.imageDigest = image.digest;
      const log = await openTaskLog(cloud, task);
      if (log !== undefined) logs.set(task, log);
      if (container.portMappings?.length) task.port = await freePort();
      const [command, ...args] = commandOf(container, image) as [string, ...string[]];
      if (signal.aborted) return undefined;
      const env = containerEnvironment(cloud, container, image, task);
      const process = processes.start({ command, args, cwd: folder, env, onLine: log?.write });
      if (process.pid === undefined)
        throw new Error(`CannotStartContainerError: ${(await process.exited).error?.message}`);
      task.pid = process.pid;
      return process;
    },
    async clear(task) {
      await logs.get(task)?.flush();
      logs.delete(task);
      await rm(folderOf(task), { recursive: true, force: true });
    },
    close: (graceMs) => processes.close(graceMs),
  };
}

import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cloud } from "../../../cloud.ts";
import { freePort } from "../../../processes/free-port.ts";
import type { LogStream } from "../../../processes/log-stream.ts";
import { createProcesses, type ProcessExit } from "../../../processes/processes.ts";
import type { TaskRecord } from "../state/model.ts";
import { commandOf, containerEnvironment } from "./container.ts";
import { pullImage } from "./image.ts";
import { openTaskLog } from "./task-log.ts";

/** A running container. */
export interface RunningContainer {
  /** Resolves when the container has ended, for whatever reason. */
  exited: Promise<ProcessExit>;
  /** Sends SIGTERM, then SIGKILL after the given time. */
  stop(graceMs: number): Promise<unknown>;
}

/** The place where containers run. */
export interface ContainerHost {
  /**
   * Pulls the image and starts the container. Adds port, digest and process id to the task.
   *
   * @returns `undefined` if the signal is aborted before the start
   * @throws Error whose message is the task's stopped reason
   */
  start(task: TaskRecord, signal: AbortSignal): Promise<RunningContainer | undefined>;
  /** Deletes the files of a container that has ended. */
  clear(task: TaskRecord): Promise<void>;
  /** Stops all running containers; SIGKILL after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Runs containers as processes of this machine, each in its own folder with the image's files. */
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

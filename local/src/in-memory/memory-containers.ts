import type { CheckResult } from "../alb/health.ts";
import type { Probed } from "../alb/health-check.ts";
import type { Cloud } from "../cloud.ts";
import type { ProcessExit } from "../processes/processes.ts";
import type { ContainerHost, RunningContainer } from "../services/ecs/containers/container-host.ts";
import { environmentOf } from "../services/ecs/state/model.ts";

/** Time to pull and start an image. */
const START_MS = 2000;
const FIRST_PORT = 20_000;
const PORTS = 40_000;

export interface MemoryContainer {
  /** Environment variables of the container. */
  environment: Record<string, string | undefined>;
}

/** Containers without processes: entries of a table that pass health checks while they exist. */
export class MemoryContainers implements ContainerHost {
  readonly #cloud: Cloud;
  readonly #running = new Map<number, MemoryContainer & { end: (exit: ProcessExit) => void }>();
  #started = 0;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Returns the container behind a target, if there is one. */
  at(port: number): MemoryContainer | undefined {
    return this.#running.get(port);
  }

  readonly probe = async ({ port }: Probed): Promise<CheckResult> =>
    this.#running.has(port)
      ? { ok: true }
      : { ok: false, reason: "Target.FailedHealthChecks", description: "Health checks failed" };

  async start(
    task: Parameters<ContainerHost["start"]>[0],
    signal: AbortSignal,
  ): Promise<RunningContainer | undefined> {
    const container = task.definition.definition.containerDefinitions![0]!;
    task.imageDigest = await this.#pull(container.image!, task.region);
    await this.#cloud.timers.wait(START_MS, { signal });
    if (signal.aborted) return undefined;
    const port = FIRST_PORT + (this.#started++ % PORTS);
    task.port = port;
    const { promise: exited, resolve: end } = Promise.withResolvers<ProcessExit>();
    void exited.then(() => this.#running.delete(port));
    this.#running.set(port, { environment: environmentOf(container.environment), end });
    return {
      exited,
      async stop() {
        end({ code: 0 });
      },
    };
  }

  async clear(): Promise<void> {}

  async close(): Promise<void> {
    for (const { end } of this.#running.values()) end({ signal: "SIGKILL" });
  }

  /** Returns the image's digest. Throws if the image does not exist. */
  async #pull(image: string, region: string): Promise<string> {
    const [, repositoryName, imageDigest] = /^[^/]+\/(.+)@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
    const input = { repositoryName, imageIds: [{ imageDigest }] };
    const { images } = await this.#cloud.call("ecr", "BatchGetImage", input, { region });
    if (images.length === 0) throw new Error(`CannotPullContainerError: ${image} is not in its repository.`);
    return imageDigest!;
  }
}

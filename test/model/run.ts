import { createLifecycle, type Lifecycle } from "@lockstep/infra/rehearsal";
import { ConnectionCut, faultError, type ServiceName, sdkClients, type Way } from "@lockstep/local/in-memory";
import type { World } from "./world.ts";

/** Kills a run at its nth call to AWS, or at its first call of an operation: before AWS receives it, or before its answer arrives. */
export interface KillPoint {
  call: number | string;
  phase: "before" | "after";
}

/**
 * A fault of the nth call of a run. `lost`: AWS executes the call, but its answer is lost. `resent`: the SDK then sends the
 * call again. `swallowed`: S3 acknowledges a file and does not store it. The other faults refuse the call.
 */
export interface Fault {
  call: number;
  kind: "throttling" | "internal" | "timeout" | "lost" | "resent" | "swallowed";
}

export interface RunOptions {
  kill?: KillPoint;
  faults?: readonly Fault[];
  /** The machine of the process. A lease shows whether a process of the same machine lives. Default 0. */
  machine?: number;
  /** A service whose answers to this run take seconds. */
  slow?: ServiceName;
}

/** Factor of the latency of a slow service. */
const SLOWNESS = 100;

/** How a run ended. */
export type Outcome<Result> =
  | { how: "done"; result: Result }
  | { how: "failed"; error: Error & { code?: string } }
  | { how: "killed" };

/** A process (a release, a command, the janitor's Lambda) with its own clients. It can be killed. */
export class Run {
  readonly clients: ReturnType<typeof sdkClients>;
  readonly clock: { now(): number; sleep(ms: number): Promise<unknown> };
  readonly lifecycle: Lifecycle;
  /** Operations called, in order. */
  readonly calls: string[] = [];
  /** Operations that AWS answered, with the time of the last answer. */
  readonly succeeded = new Map<string, number>();
  readonly pid: number;
  readonly #world: World;
  readonly #options: RunOptions;
  readonly #killed = Promise.withResolvers<{ how: "killed" }>();
  #dead = false;

  constructor(world: World, options: RunOptions = {}) {
    this.pid = world.startProcess();
    this.#world = world;
    this.#options = options;
    const { time, cloud, config, outputs } = world;
    this.clients = sdkClients(cloud, config.region, this.#way);
    this.clock = { now: time.now, sleep: (ms) => this.#sleep(ms) };
    this.lifecycle = createLifecycle({
      config,
      outputs,
      clients: this.clients,
      process: { host: `machine-${options.machine ?? 0}`, pid: this.pid, isAlive: world.isAlive },
      clock: this.clock,
      random: world.random,
    });
  }

  /** A `fetch` that the first edge answers. */
  readonly fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    await this.clock.sleep(this.#world.latencyMs());
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    return this.#orNever(this.#world.answerFetch(pathname, new Headers(init.headers)));
  };

  /** Runs work until it succeeds, fails or is killed. Then the process ends. */
  async finish<Result>(work: () => Promise<Result>): Promise<Outcome<Result>> {
    const ended = () =>
      work().then(
        (result): Outcome<Result> => ({ how: "done", result }),
        (error): Outcome<Result> => ({ how: "failed", error }),
      );
    const outcome = await this.#world.time.until(() => Promise.race([ended(), this.#killed.promise]));
    this.#dead = true;
    this.#world.endProcess(this.pid);
    return outcome;
  }

  readonly #way: Way = async (call, send) => {
    if (this.#dead) return never();
    const { service, action } = call;
    const operation = `${service}:${action}`;
    const first = !this.calls.includes(operation);
    const number = this.calls.push(operation);
    const { kill, faults } = this.#options;
    const isPoint = kill?.call === number || (first && kill?.call === operation);
    const killed = (phase: KillPoint["phase"]) => isPoint && kill?.phase === phase;
    if (killed("before")) return this.#die();
    await this.#latency(service);
    const fault = faults?.find((each) => each.call === number)?.kind;
    if (fault !== undefined && fault !== "swallowed") this.#world.faultsMet++;
    if (fault === "timeout") throw new ConnectionCut("A fault of the test.");
    if (fault === "throttling" || fault === "internal") throw faultError(fault, service, action);
    if (
      fault === "swallowed" &&
      action === "PutObject" &&
      call.input.Bucket === this.#world.outputs.webBucket
    ) {
      this.#world.faultsMet++;
      return {};
    }
    const answer = await settled(this.#world.observe({ ...call, run: this }, send));
    if (killed("after")) return this.#die();
    await this.#latency(service);
    if (fault === "lost") throw new ConnectionCut("A fault of the test.");
    const result = fault === "resent" ? await this.#world.observe({ ...call, run: this }, send) : answer();
    this.succeeded.set(operation, this.#world.time.now());
    return result;
  };

  #latency(service: ServiceName): Promise<unknown> {
    const factor = this.#options.slow === service ? SLOWNESS : 1;
    return this.#sleep(this.#world.latencyMs() * factor);
  }

  #sleep(ms: number): Promise<unknown> {
    return new Promise<void>((resolve) => {
      this.#world.time.after(ms, () => {
        if (!this.#dead) resolve();
      });
    });
  }

  /** Returns the answer, or never settles if the process is dead by then. */
  async #orNever<Value>(promise: Promise<Value>): Promise<Value> {
    const answer = await settled(promise);
    return this.#dead ? never() : answer();
  }

  #die(): Promise<never> {
    this.#dead = true;
    this.#world.endProcess(this.pid);
    this.#killed.resolve({ how: "killed" });
    return never();
  }
}

/** Waits for a promise, and returns a function that returns its value or throws its error. */
function settled<Value>(promise: Promise<Value>): Promise<() => Value> {
  return promise.then(
    (value) => () => value,
    (error) => () => {
      throw error;
    },
  );
}

function never(): Promise<never> {
  return new Promise(() => {});
}

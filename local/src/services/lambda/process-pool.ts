import { AwsError } from "../../aws-error.ts";
import type { Cloud, Scope } from "../../cloud.ts";
import type { Processes } from "../../processes/processes.ts";
import { FunctionProcess, type Outcome } from "./function-process.ts";
import type { VersionRecord } from "./model.ts";

/** Maximum number of concurrent events per function on this machine. AWS starts with 1,000 per account. */
export const MAX_CONCURRENCY = 10;

export interface PoolOptions {
  /** Milliseconds that an idle process is kept. */
  idleMs: number;
}

/**
 * The processes of one version of a function. Each handles one event at a time and then stays for the next. If all are
 * busy, another one starts.
 */
export class ProcessPool {
  readonly #start: () => FunctionProcess;
  readonly #options: PoolOptions;
  readonly #idle = new Map<FunctionProcess, NodeJS.Timeout>();
  readonly #busy = new Set<FunctionProcess>();
  #retired = false;

  constructor(cloud: Cloud, processes: Processes, record: VersionRecord, scope: Scope, options: PoolOptions) {
    this.#start = () => new FunctionProcess(cloud, processes, record, scope);
    this.#options = options;
  }

  /** @param limit maximum number of concurrent events; further calls are throttled */
  async handle(event: string, requestId: string, limit: number): Promise<Outcome> {
    if (this.#busy.size >= limit)
      throw new AwsError("TooManyRequestsException", "Rate Exceeded.", 429, {
        Reason: "ConcurrentInvocationLimitExceeded",
      });
    const process = this.#takeIdle() ?? this.#start();
    this.#busy.add(process);
    try {
      return await process.handle(event, requestId);
    } finally {
      this.#busy.delete(process);
      if (process.usable && !this.#retired) this.#keep(process);
      else await process.end();
    }
  }

  /** Ends idle processes now and busy ones after their event, because the code or its configuration was replaced. */
  async retire(): Promise<void> {
    this.#retired = true;
    const ending = [...this.#idle].map(([process, timer]) => {
      clearTimeout(timer);
      return process.end();
    });
    this.#idle.clear();
    await Promise.all(ending);
  }

  #takeIdle(): FunctionProcess | undefined {
    for (const [process, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(process);
      if (process.usable) return process;
    }
    return undefined;
  }

  #keep(process: FunctionProcess): void {
    const expire = () => {
      this.#idle.delete(process);
      void process.end();
    };
    this.#idle.set(process, setTimeout(expire, this.#options.idleMs).unref());
  }
}

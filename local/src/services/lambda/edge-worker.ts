import { Worker } from "node:worker_threads";
import type { Cloud } from "../../cloud.ts";
import { standardVariables } from "./environment.ts";
import { createFunctionLog, type FunctionLog } from "./function-log.ts";
import type { VersionRecord } from "./model.ts";
import type { EdgeWorkerData } from "./runtime/edge-entry.ts";
import type { FunctionFailure, InvokeMessage, RuntimeMessage } from "./runtime/messages.ts";

const ENTRY = new URL("runtime/edge-entry.ts", import.meta.url);

/** Failure of a function at an edge, which CloudFront turns into a 503. */
export class EdgeFailure extends Error {
  constructor({ errorType, errorMessage }: FunctionFailure) {
    super(`${errorType}: ${errorMessage}`);
    this.name = "EdgeFailure";
  }
}

interface Waiting {
  resolve(payload: string): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/**
 * Runs a function version at one edge: a worker thread with its own module state that handles concurrent events. AWS
 * would use a separate environment for each concurrent event, so here more events share module state.
 */
export class EdgeWorker {
  readonly #worker: Worker;
  readonly #context: InvokeMessage["context"];
  readonly #timeoutMs: number;
  readonly #log: FunctionLog;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #usable = true;

  constructor(cloud: Cloud, record: VersionRecord, region: string) {
    const { configuration, version, folder } = record;
    const name = `us-east-1.${configuration.FunctionName}`;
    this.#log = createFunctionLog(cloud, `/aws/lambda/${name}`, version, { region });
    this.#timeoutMs = configuration.Timeout * 1000;
    this.#context = {
      awsRequestId: "",
      functionName: name,
      functionVersion: version,
      invokedFunctionArn: configuration.FunctionArn,
      memoryLimitInMB: String(configuration.MemorySize),
      logGroupName: this.#log.group,
      logStreamName: this.#log.stream,
    };
    const { Handler: handler, Runtime: runtime } = configuration;
    this.#worker = new Worker(ENTRY, {
      env: standardVariables(cloud, record, { name, region }),
      execArgv: [],
      workerData: { root: folder, handler, runtime } satisfies EdgeWorkerData,
      resourceLimits: { maxOldGenerationSizeMb: configuration.MemorySize },
    });
    this.#worker.on("message", (message: RuntimeMessage) => this.#receive(message));
    this.#worker.on("error", (error) => this.#fail({ errorType: error.name, errorMessage: error.message }));
    this.#worker.on("exit", (code) =>
      this.#fail({ errorType: "Runtime.ExitError", errorMessage: `Runtime exited with code ${code}` }),
    );
    // Only events in flight keep the process alive.
    this.#worker.unref();
  }

  /** False after a failure outside of events. The next event then needs a new worker. */
  get usable(): boolean {
    return this.#usable;
  }

  /** Returns the result as JSON. Rejects with `EdgeFailure`. */
  handle(event: string, requestId: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const timer = setTimeout(() => this.#timeOut(id), this.#timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      const context = { ...this.#context, awsRequestId: requestId };
      this.#worker.postMessage({ id, event, context, deadlineMs: Date.now() + this.#timeoutMs });
    });
  }

  async end(): Promise<void> {
    this.#fail({ errorType: "Runtime.ExitError", errorMessage: "The edge is closing." });
    await this.#worker.terminate();
    await this.#log.flush();
  }

  #receive(message: RuntimeMessage): void {
    if (message.type === "line") this.#log.write(message.text);
    if (message.type === "crash") this.#fail(message.error);
    if (message.type !== "result" && message.type !== "error") return;
    const waiting = this.#take(message.id);
    if (message.type === "result") waiting?.resolve(message.payload);
    else waiting?.reject(this.#logged(message.error));
  }

  /**
   * Times out one event; others in flight keep their own timeouts. The worker may hang, so it accepts no new events and
   * ends after the last one.
   */
  #timeOut(id: number): void {
    this.#usable = false;
    const errorMessage = `Task timed out after ${(this.#timeoutMs / 1000).toFixed(2)} seconds`;
    this.#take(id)?.reject(this.#logged({ errorType: "Sandbox.Timedout", errorMessage }));
    if (this.#waiting.size === 0) void this.#worker.terminate();
  }

  #fail(failure: FunctionFailure): void {
    this.#usable = false;
    if (this.#waiting.size === 0) return;
    const error = this.#logged(failure);
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(id);
    if (!this.#usable && this.#waiting.size === 0) void this.#worker.terminate();
    return waiting;
  }

  #logged(failure: FunctionFailure): EdgeFailure {
    this.#log.write(
      `${new Date().toISOString()}\tundefined\tERROR\tInvoke Error\t${JSON.stringify(failure)}`,
    );
    return new EdgeFailure(failure);
  }
}

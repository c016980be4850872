import { fileURLToPath } from "node:url";
import type { Cloud, Scope } from "../../cloud.ts";
import type { ProcessExit, Processes, RunningProcess } from "../../processes/processes.ts";
import { functionEnvironment } from "./environment.ts";
import { createFunctionLog, type FunctionLog } from "./function-log.ts";
import { functionArn, type VersionRecord } from "./model.ts";
import type { FunctionFailure, InvokeMessage, RuntimeMessage } from "./runtime/messages.ts";

const ENTRY = fileURLToPath(new URL("runtime/process-entry.ts", import.meta.url));

/** Time limit of the code outside of the handler (Lambda developer guide, "Init phase"). */
const MAX_INIT_MS = 10_000;

/** Result of one event. */
export interface Outcome {
  /** The result or the error document, as JSON. */
  payload: string;
  failed: boolean;
  /** Lines logged by the function and the platform. */
  lines: string[];
}

/** One execution environment: a process that handles one event at a time. */
export class FunctionProcess {
  readonly #record: VersionRecord;
  readonly #scope: Scope;
  readonly #process: RunningProcess;
  readonly #log: FunctionLog;
  readonly #started: number;
  #settle: ((answer: { payload: string } | { failure: FunctionFailure }) => void) | undefined;
  #ready = Promise.withResolvers<void>();
  #crash: FunctionFailure | undefined;
  #exit: ProcessExit | undefined;
  #lines: string[] = [];
  #events = 0;

  constructor(cloud: Cloud, processes: Processes, record: VersionRecord, scope: Scope) {
    const { LoggingConfig, FunctionName } = record.configuration;
    this.#record = record;
    this.#scope = scope;
    this.#started = performance.now();
    const group = LoggingConfig?.LogGroup ?? `/aws/lambda/${FunctionName}`;
    this.#log = createFunctionLog(cloud, group, record.version, scope);
    this.#process = processes.start({
      command: process.execPath,
      args: [ENTRY],
      cwd: record.folder,
      env: {
        ...functionEnvironment(cloud, record, scope.region),
        AWS_LAMBDA_LOG_GROUP_NAME: group,
        AWS_LAMBDA_LOG_STREAM_NAME: this.#log.stream,
      },
      messages: true,
      onLine: (line) => this.#write(line),
      onMessage: (message: RuntimeMessage) => this.#receive(message),
    });
    void this.#process.exited.then((exit) => this.#ended(exit));
  }

  /** Whether the process can handle another event. */
  get usable(): boolean {
    return this.#exit === undefined && this.#crash === undefined;
  }

  async handle(event: string, requestId: string): Promise<Outcome> {
    this.#lines = [];
    const cold = this.#events++ === 0;
    await this.#initialised();
    const initMs = performance.now() - this.#started;
    this.#write(`START RequestId: ${requestId} Version: ${this.#record.version}`);
    const begun = performance.now();
    const answer = await this.#ask(event, requestId);
    const ms = performance.now() - begun;
    this.#write(`END RequestId: ${requestId}`);
    this.#write(
      [
        `REPORT RequestId: ${requestId}`,
        `Duration: ${ms.toFixed(2)} ms`,
        `Billed Duration: ${Math.ceil(ms)} ms`,
        `Memory Size: ${this.#record.configuration.MemorySize} MB`,
        ...(cold ? [`Init Duration: ${initMs.toFixed(2)} ms`] : []),
      ].join("\t"),
    );
    await this.#log.flush();
    if ("payload" in answer) return { payload: answer.payload, failed: false, lines: this.#lines };
    return { payload: JSON.stringify(answer.failure), failed: true, lines: this.#lines };
  }

  /** Ends the process. The event of a busy process fails. */
  async end(): Promise<void> {
    await this.#process.stop(0);
    await this.#log.flush();
  }

  /** Waits for the initialization. After the limit, the event's own timeout starts. */
  async #initialised(): Promise<void> {
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, MAX_INIT_MS);
    await Promise.race([this.#ready.promise, limit.promise]);
    clearTimeout(timer);
  }

  /** Returns the result, or a failure if the event times out or the process ends first. */
  async #ask(event: string, requestId: string): Promise<{ payload: string } | { failure: FunctionFailure }> {
    const seconds = this.#record.configuration.Timeout;
    const { promise, resolve } = Promise.withResolvers<{ payload: string } | { failure: FunctionFailure }>();
    this.#settle = resolve;
    if (!this.usable) resolve({ failure: this.#endFailure(requestId) });
    else this.#process.send(this.#message(event, requestId, seconds));
    const timer = setTimeout(() => {
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
      resolve({ failure: { errorType: "Sandbox.Timedout", errorMessage } });
      this.#write(
        `${new Date().toISOString()} ${requestId} Task timed out after ${seconds.toFixed(2)} seconds`,
      );
      this.#crash = { errorType: "Sandbox.Timedout", errorMessage };
      this.#process.signal("SIGKILL");
    }, seconds * 1000);
    void this.#process.exited.then(() => resolve({ failure: this.#endFailure(requestId) }));
    const answer = await promise;
    clearTimeout(timer);
    return answer;
  }

  #message(event: string, requestId: string, seconds: number): InvokeMessage {
    const { configuration, version } = this.#record;
    return {
      id: this.#events,
      event,
      deadlineMs: Date.now() + seconds * 1000,
      context: {
        awsRequestId: requestId,
        functionName: configuration.FunctionName,
        functionVersion: version,
        invokedFunctionArn: functionArn(this.#scope, configuration.FunctionName),
        memoryLimitInMB: String(configuration.MemorySize),
        logGroupName: this.#log.group,
        logStreamName: this.#log.stream,
      },
    };
  }

  #receive(message: RuntimeMessage): void {
    if (message.type === "ready") this.#ready.resolve();
    if (message.type === "line") this.#write(message.text);
    if (message.type === "crash") this.#crash = message.error;
    // After a timeout, the result of an earlier event may still arrive; it is ignored.
    const isCurrent = "id" in message && message.id === this.#events;
    if (message.type === "result" && isCurrent) this.#settle?.({ payload: message.payload });
    if (message.type === "error" && isCurrent) {
      this.#write(
        `${new Date().toISOString()}\t${message.error.errorType}\tERROR\tInvoke Error\t${JSON.stringify(message.error)}`,
      );
      this.#settle?.({ failure: message.error });
    }
  }

  #ended(exit: ProcessExit): void {
    this.#exit = exit;
    this.#ready.resolve();
  }

  #endFailure(requestId: string): FunctionFailure {
    if (this.#crash !== undefined) return this.#crash;
    const { code, signal, error } = this.#exit ?? {};
    const how = error ? error.message : signal ? `signal: ${signal}` : `exit status ${code}`;
    return {
      errorType: "Runtime.ExitError",
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
    };
  }

  #write(line: string): void {
    this.#lines.push(line);
    this.#log.write(line);
  }
}

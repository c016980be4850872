/** Messages between a function's runtime (a process, or a worker at an edge) and its host. */

/** The host's part of the context object. */
interface InvocationContext {
  awsRequestId: string;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  memoryLimitInMB: string;
  logGroupName: string;
  logStreamName: string;
}

export interface InvokeMessage {
  id: number;
  /** JSON, unchanged. */
  event: string;
  context: InvocationContext;
  /** Milliseconds since the epoch. */
  deadlineMs: number;
}

/** An error in the shape of Invoke's response. */
export interface FunctionFailure {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type RuntimeMessage =
  | { type: "ready" }
  /** The module could not be loaded, or code outside of any event failed. The runtime ends. */
  | { type: "crash"; error: FunctionFailure }
  | { type: "line"; text: string }
  /** `payload` is JSON. */
  | { type: "result"; id: number; payload: string }
  | { type: "error"; id: number; error: FunctionFailure };

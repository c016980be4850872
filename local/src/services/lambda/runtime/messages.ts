/** What a function's runtime (a process, or a worker at an edge) and its host say to each other. */

/** The part of the context object that the host knows. */
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
  /** JSON, as it came. */
  event: string;
  context: InvocationContext;
  /** Milliseconds since the epoch. */
  deadlineMs: number;
}

/** An error in the shape that Invoke answers it. */
export interface FunctionFailure {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type RuntimeMessage =
  | { type: "ready" }
  /** The module could not be loaded, or something outside of any event failed: the runtime ends. */
  | { type: "crash"; error: FunctionFailure }
  | { type: "line"; text: string }
  /** `payload` is JSON. */
  | { type: "result"; id: number; payload: string }
  | { type: "error"; id: number; error: FunctionFailure };

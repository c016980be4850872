import type { Cloud, Scope } from "../cloud.ts";

export interface LogStreamOptions {
  group: string;
  stream: string;
  /** Whether to create a missing group. If not, a missing group is an error. */
  createGroup: boolean;
}

/** A log stream of CloudWatch Logs that accepts lines and sends them in batches, in order. */
export interface LogStream {
  write(line: string): void;
  /** Resolves when all lines are sent. */
  flush(): Promise<void>;
}

/** How long lines are collected: long enough for one call per burst, short enough to follow the log. */
const GATHER_MS = 100;
/** Maximum number of events in one PutLogEvents (CloudWatch Logs quotas). */
const MAX_EVENTS = 10_000;

/** Creates the stream. Throws the error of the logs service if the group is missing. */
export async function openLogStream(
  cloud: Cloud,
  options: LogStreamOptions,
  scope: Scope,
): Promise<LogStream> {
  const name = { logGroupName: options.group, logStreamName: options.stream };
  const call = (action: string, input: object) => cloud.call("logs", action, input, scope);
  if (options.createGroup) await unlessThere(call("CreateLogGroup", { logGroupName: options.group }));
  await unlessThere(call("CreateLogStream", name));

  let waiting: { timestamp: number; message: string }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sent: Promise<unknown> = Promise.resolve();

  function send(): Promise<unknown> {
    clearTimeout(timer);
    timer = undefined;
    const events = waiting;
    waiting = [];
    for (let start = 0; start < events.length; start += MAX_EVENTS) {
      const logEvents = events.slice(start, start + MAX_EVENTS);
      sent = sent
        .then(() => call("PutLogEvents", { ...name, logEvents }))
        .catch((error: Error) =>
          cloud.log(`Could not write log lines of ${options.group}: ${error.message}`),
        );
    }
    return sent;
  }

  return {
    write(message) {
      // CloudWatch Logs refuses an empty message.
      waiting.push({ timestamp: cloud.now(), message: message === "" ? " " : message });
      timer ??= setTimeout(send, GATHER_MS).unref();
    },
    async flush() {
      await send();
    },
  };
}

async function unlessThere(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if ((error as { code?: string }).code !== "ResourceAlreadyExistsException") throw error;
  }
}

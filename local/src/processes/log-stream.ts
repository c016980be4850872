import type { Cloud, Scope } from "../cloud.ts";

export interface LogStreamOptions {
  group: string;
  stream: string;
  /** Makes the group when it is missing; else that is an error. */
  createGroup: boolean;
}

/** A log stream of CloudWatch Logs that takes lines and sends them in batches, in their order. */
export interface LogStream {
  write(line: string): void;
  /** Resolves when all lines are sent. */
  flush(): Promise<void>;
}

/** How long lines gather. Long enough for one call per burst, short enough to read along. */
const GATHER_MS = 100;
/** Most events in one PutLogEvents (CloudWatch Logs quotas). */
const MAX_EVENTS = 10_000;

/** Makes the stream. Throws what the logs service says when the group is missing. */
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
        .catch((error: Error) => cloud.log(`Log lines of ${options.group} are lost: ${error.message}`));
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

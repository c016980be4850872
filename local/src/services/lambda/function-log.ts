import { randomBytes } from "node:crypto";
import type { Cloud, Scope } from "../../cloud.ts";
import { type LogStream, openLogStream } from "../../processes/log-stream.ts";

/** Maximum size of LogResult (Lambda API reference, Invoke). */
const TAIL_BYTES = 4096;

/** The log stream of one execution environment. The first line that is written opens the stream. */
export interface FunctionLog {
  group: string;
  stream: string;
  write(line: string): void;
  flush(): Promise<void>;
}

export function createFunctionLog(cloud: Cloud, group: string, version: string, scope: Scope): FunctionLog {
  const day = new Date(cloud.now()).toISOString().slice(0, 10).replaceAll("-", "/");
  const stream = `${day}/[${version}]${randomBytes(16).toString("hex")}`;
  let opened: Promise<LogStream | undefined> | undefined;
  const open = () =>
    openLogStream(cloud, { group, stream, createGroup: true }, scope).catch((error: Error) => {
      cloud.log(`Could not write log lines of ${group}: ${error.message}`);
      return undefined;
    });
  return {
    group,
    stream,
    write(line) {
      opened ??= open();
      void opened.then((log) => log?.write(line));
    },
    async flush() {
      await (await opened)?.flush();
    },
  };
}

/** Returns the last 4 KB of an invocation's lines, base64-encoded. */
export function tailOf(lines: string[]): string {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""), "utf8");
  return bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)).toString("base64");
}

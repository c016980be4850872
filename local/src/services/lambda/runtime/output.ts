import { format } from "node:util";

const LEVELS = { debug: "DEBUG", info: "INFO", log: "INFO", warn: "WARN", error: "ERROR", trace: "TRACE" };

/**
 * Sends the function's output to its host as messages, so that it stays in order with the results. Output through a
 * pipe would arrive later. Console lines get Lambda's text format, `<time>\t<request id>\t<level>\t<message>`.
 *
 * @param requestId returns the id of the current event; `undefined` outside of events
 */
export function captureOutput(send: (text: string) => void, requestId: () => string | undefined): void {
  for (const [method, level] of Object.entries(LEVELS)) {
    (console as unknown as Record<string, unknown>)[method] = (...parts: unknown[]) =>
      send([new Date().toISOString(), requestId() ?? "undefined", level, format(...parts)].join("\t"));
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      send(text.replace(/\n$/, ""));
      const done = rest.findLast((argument) => typeof argument === "function");
      if (done !== undefined) process.nextTick(done as () => void);
      return true;
    }) as typeof stream.write;
  }
}

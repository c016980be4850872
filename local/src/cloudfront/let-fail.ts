import type { Readable } from "node:stream";

/**
 * Keeps an error of a body from ending this process. A body may break before its reader starts, for example while a
 * viewer-response function runs. Its reader checks `errored`.
 */
export function letFail(body: Readable): void {
  body.on("error", () => {});
}

import type { Readable } from "node:stream";

/**
 * Prevents an error of a body from ending this process. A body may break before its reader starts, for example while a
 * viewer-response function runs. The reader then finds it destroyed.
 */
export function letFail(body: Readable): void {
  body.on("error", () => {});
}

import { createRequire } from "node:module";
import type { FunctionEvent } from "../../src/function-event.ts";

/**
 * Returns the handler of a CloudFront Function as built. It runs in this process, without CloudFront's limits, and
 * changes the event. Tests use it for many calls, for which the sandbox and njs are too slow.
 *
 * @param read reads a key of the KeyValueStore; rejects for a missing key
 */
export function loadFunction(
  code: string,
  read: (key: string) => Promise<string> = () => Promise.reject(new Error("KeyNotFound")),
): (event: Partial<FunctionEvent>) => Promise<any> {
  const plain = code.replace('import cf from "cloudfront";', "");
  const silent = { log: () => {} };
  const make = new Function("cf", "console", "require", `${plain}\nreturn handler;`);
  return make({ kvs: () => ({ get: read }) }, silent, createRequire(import.meta.url));
}

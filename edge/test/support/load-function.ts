import { createRequire } from "node:module";
import type { FunctionEvent } from "../../src/function-event.ts";

/**
 * Returns the handler of a CloudFront Function as built. It runs in this process and without CloudFront's limits, for
 * numbers of calls that would take the sandbox and njs too long. It changes the event.
 *
 * @param read of the KeyValueStore; rejects for a missing key
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

import { createRequire } from "node:module";
import type { FunctionEvent } from "../../src/function-event.ts";

/**
 * The handler of a CloudFront Function as built, in this process and without CloudFront's limits: for many calls, where the
 * sandbox and njs would take too long. It changes the event it is given.
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

import { createFunctionSandbox } from "@lockstep/local/cloudfront";
import type { Store } from "./njs.ts";

/**
 * Runs the built code of a function in the sandbox of the local CloudFront, with a copy of each event.
 *
 * @param store `() => undefined`: no KeyValueStore is associated with the function
 */
export function inSandbox(
  code: string,
  store: Store | (() => Store | undefined) = {},
  log: (line: string) => void = () => {},
): (event: unknown) => Promise<any> {
  const read = typeof store === "function" ? store : () => store;
  const sandbox = createFunctionSandbox({
    name: "as-built",
    code,
    now: () => 0,
    log,
    keyValues() {
      const held = read();
      return held && new Map(Object.entries(held));
    },
  });
  return async (event) => structuredClone(await sandbox.call(structuredClone(event)));
}

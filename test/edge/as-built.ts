import { createFunctionSandbox } from "@lockstep/local/cloudfront";
import type { Store } from "./njs.ts";

/**
 * Runs the text of a function as built in the data plane's own sandbox, over a copy of each event.
 *
 * @param store `() => undefined` stands for a function with which no KeyValueStore is associated
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

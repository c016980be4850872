import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";

const MODULE = new URL("../../src/cli/end-on-signals.ts", import.meta.url).href;
const PROGRAM = `
  import { endOnSignals } from ${JSON.stringify(MODULE)};
  endOnSignals("Next: run it again.");
  setInterval(() => {}, 1000);
  console.log("ready");
`;

describe("endOnSignals()", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("exits on %s with %i, and names the next step", async (signal, code) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM]);
    try {
      const ended = once(child, "exit");
      const message = text(child.stderr);
      await once(child.stdout, "data");
      child.kill(signal);
      expect(await ended).toEqual([code, null]);
      expect(await message).toBe("\nInterrupted. Next: run it again.\n");
    } finally {
      child.kill("SIGKILL");
    }
  });
});

import { describe, expect, it } from "vitest";
import type { Operation } from "./history.ts";
import { liveThrough } from "./live-through.ts";
import type { Fault } from "./run.ts";

/** The history starts with two releases. */
const SEED = 1;

/** An operation with one fault. `fewestCalls`: it makes at least this many calls to AWS. */
const OPERATIONS: Record<string, { fewestCalls: number; disturbed(faults: Fault[]): Operation }> = {
  "a release": {
    fewestCalls: 45,
    disturbed: (faults) => ({ do: "release", promote: true, run: { faults } }),
  },
  "a rollback": {
    fewestCalls: 25,
    disturbed: (faults) => ({ do: "rollback", run: { faults } }),
  },
};

const KINDS: Fault["kind"][] = ["internal", "lost", "resent"];

describe.each(Object.entries(OPERATIONS))("%s, with one fault", (_name, { fewestCalls, disturbed }) => {
  const faultAt = (call: number, kind: Fault["kind"]) =>
    liveThrough({ seed: SEED, steps: [disturbed([{ call, kind }])] }).catch((cause: Error) => {
      throw new Error(`${kind} at call ${call}, ${cause.message}`, { cause });
    });

  it.each(KINDS)("at any call, is finished or undone: %s", { timeout: 60_000 }, async (kind) => {
    let met = 0;
    while ((await faultAt(met + 1, kind)).faults > 0) met++;
    console.log(`${met} calls with one fault: ${kind}`);
    expect(met).toBeGreaterThanOrEqual(fewestCalls);
  });
});

it("a release is finished or undone if S3 acknowledges a file and does not store it", {
  timeout: 60_000,
}, async () => {
  let met = 0;
  for (let call = 1; call <= 60; call++) {
    const steps = [OPERATIONS["a release"]!.disturbed([{ call, kind: "swallowed" }])];
    met += (await liveThrough({ seed: SEED, steps })).faults;
  }
  expect(met).toBeGreaterThanOrEqual(2);
});

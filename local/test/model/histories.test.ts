import fc from "fast-check";
import { expect, it } from "vitest";
import { history } from "./history.ts";
import { liveThrough } from "./live-through.ts";

/** How many, and which: the same seed is the same histories. */
const HISTORIES = Number(process.env.LOCKSTEP_HISTORIES ?? 1000);
const SEED = Number(process.env.LOCKSTEP_SEED ?? 20_261_122);

it(`keeps every invariant of docs/guarantee.md in ${HISTORIES} histories`, {
  timeout: 3_600_000,
}, async () => {
  const details = await fc.check(fc.asyncProperty(history, liveThrough), {
    seed: SEED,
    numRuns: HISTORIES,
    path: process.env.LOCKSTEP_PATH,
    endOnFailure: process.env.LOCKSTEP_SHRINK === "no",
  });
  if (details.failed) {
    const { counterexample, counterexamplePath: path, errorInstance } = details;
    expect.fail(
      `${(errorInstance as Error)?.stack}\n\nin the history ${JSON.stringify(counterexample?.[0], undefined, 1)}\n\n` +
        `Again: LOCKSTEP_SEED=${SEED} LOCKSTEP_PATH=${path} npm test -- local/test/model/histories.test.ts`,
    );
  }
  expect(details.numRuns).toBeGreaterThan(0);
});

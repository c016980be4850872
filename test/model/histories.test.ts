import fc from "fast-check";
import { expect, it } from "vitest";
import { SEED } from "../seed.ts";
import { history } from "./history.ts";
import { addTo, liveThrough } from "./live-through.ts";

const HISTORIES = Number(process.env.LOCKSTEP_HISTORIES ?? 1000);

const KINDS = [
  "release",
  "resume",
  "rollback",
  "janitor",
  "promote",
  "recall-only",
  "recall-below",
  "retire",
];
/** Each kind of operation ends in each way at least this often per history. */
const LEAST_OF_EACH = 0.01;
const LEAST_FAULTS = 0.3;

it(`keeps every invariant of docs/guarantee.md in ${HISTORIES} histories`, {
  timeout: 3_600_000,
}, async () => {
  const outcomes: Record<string, number> = {};
  let faults = 0;
  const explore = fc.asyncProperty(history, async (one) => {
    const explored = await liveThrough(one);
    addTo(outcomes, explored.outcomes);
    faults += explored.faults;
  });
  const details = await fc.check(explore, {
    seed: SEED,
    numRuns: HISTORIES,
    path: process.env.LOCKSTEP_PATH,
    endOnFailure: process.env.LOCKSTEP_SHRINK === "no",
  });
  if (details.failed) {
    const { counterexample, counterexamplePath: path, errorInstance } = details;
    expect.fail(
      `${(errorInstance as Error)?.stack}\n\nin the history ${JSON.stringify(counterexample?.[0], undefined, 1)}\n\n` +
        `Again: LOCKSTEP_SEED=${SEED} LOCKSTEP_PATH=${path} npm test -- test/model/histories.test.ts`,
    );
  }
  console.log(`${details.numRuns} histories, ${faults} faults; ${JSON.stringify(outcomes)}`);
  if (process.env.LOCKSTEP_PATH !== undefined) return; // only one history ran
  expect(details.numRuns).toBe(HISTORIES);
  expect(faults).toBeGreaterThan(HISTORIES * LEAST_FAULTS);
  const rare = KINDS.flatMap((kind) => ["done", "killed"].map((how) => `${kind} ${how}`)).filter(
    (name) => (outcomes[name] ?? 0) < HISTORIES * LEAST_OF_EACH,
  );
  expect(rare).toEqual([]);
});

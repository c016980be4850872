import { describe, it } from "vitest";
import type { Operation } from "./history.ts";
import { liveThrough } from "./live-through.ts";
import type { Fault } from "./run.ts";

/** Begins with two releases. */
const SEED = 1;

/** What meets trouble once, and how many calls it makes at the most. */
const OPERATIONS: Record<string, { calls: number; disturbed(faults: Fault[]): Operation }> = {
  "a release": {
    calls: 60,
    disturbed: (faults) => ({ do: "release", promote: true, run: { faults } }),
  },
  "a rollback": {
    calls: 36,
    disturbed: (faults) => ({ do: "rollback", run: { faults } }),
  },
};

const KINDS: Fault["kind"][] = ["internal", "lost", "resent", "swallowed"];

describe.each(Object.entries(OPERATIONS))("%s, with one fault", (name, { calls, disturbed }) => {
  it.each(name === "a release" ? KINDS : KINDS.slice(0, 3))(
    "at whichever call, is done or taken back: %s",
    { timeout: 60_000 },
    async (kind) => {
      for (let call = 1; call <= calls; call++) {
        await liveThrough({ seed: SEED, steps: [disturbed([{ call, kind }])] }).catch((cause: Error) => {
          throw new Error(`${kind} at call ${call}, ${cause.message}`, { cause });
        });
      }
    },
  );
});

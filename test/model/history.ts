import fc from "fast-check";
import type { Fault, RunOptions } from "./run.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An operation of a user or of the janitor. `pick` chooses a version of the ledger, in any state. */
export type Operation =
  | { do: "release"; promote: boolean; run: RunOptions }
  | { do: "resume" | "rollback" | "janitor"; run: RunOptions }
  | { do: "promote" | "recall-only" | "recall-below" | "retire"; pick: number; run: RunOptions };

export type Step =
  | Operation
  | { do: "together"; operations: Operation[] }
  | { do: "wait"; ms: number }
  | { do: "load"; tasks: number }
  | { do: "readers"; come: boolean };

export interface History {
  seed: number;
  steps: Step[];
}

/** Number of the call that is killed or fails: a release makes about fifty calls, a recall fifteen. */
const call = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 56 }));
const fault: fc.Arbitrary<Fault> = fc.record({
  call,
  kind: fc.constantFrom("throttling", "internal", "timeout", "lost", "resent", "swallowed"),
});
const run: fc.Arbitrary<RunOptions> = fc.record({
  machine: fc.integer({ min: 0, max: 1 }),
  slow: fc.option(fc.constantFrom("s3", "ssm", "cloudfront-keyvaluestore", "ecs"), {
    nil: undefined,
    freq: 4,
  }),
  faults: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fault, { maxLength: 3 }) },
  ),
  kill: fc.option(fc.record({ call, phase: fc.constantFrom("before" as const, "after" as const) }), {
    nil: undefined,
    freq: 3,
  }),
});
const pick = fc.nat(7);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("release" as const), promote: fc.boolean(), run }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("resume" as const, "rollback" as const), run }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("janitor" as const), run }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "promote" as const,
        "recall-only" as const,
        "recall-below" as const,
        "retire" as const,
      ),
      pick,
      run,
    }),
  },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: operation },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("together" as const),
      operations: fc.array(operation, { minLength: 2, maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(4 * SECOND, 40 * SECOND, 13 * MINUTE, 45 * MINUTE, 2 * HOUR, 2 * DAY),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("load" as const), tasks: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("readers" as const), come: fc.boolean() }) },
);

export const history: fc.Arbitrary<History> = fc.record({
  seed: fc.nat(),
  steps: fc.array(step, { minLength: 3, maxLength: 16, size: "max" }),
});

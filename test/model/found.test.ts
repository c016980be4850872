import { expect, it } from "vitest";
import type { Step } from "./history.ts";
import { liveThrough } from "./live-through.ts";
import type { KillPoint } from "./run.ts";

/** Histories in which the random ones once found a fault. Seed 1 starts with two releases. */
const SEED = 1;
const release = (kill: KillPoint): Step => ({ do: "release", promote: false, run: { kill } });
const first = (call: string, phase: KillPoint["phase"]): KillPoint => ({ call, phase });

const HISTORIES: Record<string, Step[]> = {
  "a release is killed while its stack is made, current grows, and it is resumed": [
    release(first("cloudformation:CreateStack", "after")),
    { do: "load", tasks: 2 },
    { do: "resume", run: {} },
  ],
  "a release is killed when it was published, current grows, and it is resumed": [
    release(first("ssm:PutParameter", "after")),
    { do: "load", tasks: 2 },
    { do: "resume", run: {} },
  ],
  "a release is killed between ledger and map, and its version is promoted later": [
    release(first("ssm:PutParameter", "before")),
    { do: "wait", ms: 10_000 },
    { do: "promote", pick: 1, run: {} },
  ],
  "a version comes back while a slow janitor is about to stop its tasks": [
    { do: "wait", ms: 2 * 86_400_000 },
    {
      do: "together",
      operations: [
        { do: "rollback", run: { slow: "cloudfront-keyvaluestore" } },
        { do: "janitor", run: { slow: "ecs" } },
      ],
    },
  ],
  "a slow janitor publishes an old map while another one waits for the edges": [
    { do: "release", promote: false, run: {} },
    { do: "wait", ms: 2 * 86_400_000 },
    {
      do: "together",
      operations: [
        { do: "janitor", run: { slow: "ssm" } },
        { do: "janitor", run: { slow: "ecs" } },
        { do: "release", promote: false, run: { kill: { call: 18, phase: "before" } } },
      ],
    },
  ],
};

it.each(Object.entries(HISTORIES))("keeps every invariant when %s", async (_, steps) => {
  await liveThrough({ seed: SEED, steps });
});

it("keeps every invariant when a version whose end is announced is retired by hand", async () => {
  const steps: Step[] = [
    { do: "release", promote: false, run: {} },
    { do: "wait", ms: 2 * 86_400_000 },
    { do: "janitor", run: { faults: [{ call: 17, kind: "throttling" }] } },
    { do: "retire", pick: 1, run: {} },
  ];
  const { outcomes } = await liveThrough({ seed: 0, steps });
  expect(outcomes).toMatchObject({ "retire done": 1 });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { disagreements, orphans, readLedger } from "./checks.ts";
import type { Operations } from "./operations.ts";
import { type Preparation, type Recording, recordPreparation, replay } from "./recording.ts";
import type { KillPoint, Outcome } from "./run.ts";
import type { Stage } from "./stage.ts";
import { letReadersCome } from "./visitors.ts";
import type { Watch } from "./watch.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An operation that is killed, and the app on which it starts. */
interface Scenario {
  /** The operation makes at least this many calls to AWS. */
  fewestCalls: number;
  prepare(preparation: Preparation): Promise<void>;
  act(operations: Operations, ids: readonly string[], kill?: KillPoint): Promise<Outcome<unknown>>;
  /** The result if it is not killed. It shows that there was something to do. */
  result?: object | string;
}

const SCENARIOS: Record<string, Scenario> = {
  "a release": {
    fewestCalls: 45,
    prepare: ({ release }) => release(),
    act: (operations, _ids, kill) => operations.release({ kill }),
  },
  "the first release": {
    fewestCalls: 45,
    prepare: async () => {},
    act: (operations, _ids, kill) => operations.release({ kill }),
  },
  "a release that was killed, resumed": {
    fewestCalls: 45,
    async prepare({ release, operations }) {
      await release();
      await operations.release({ kill: { call: "cloudformation:CreateStack", phase: "after" } });
    },
    act: (operations, _ids, kill) => operations.resume({ kill }),
  },
  "a rollback": {
    fewestCalls: 25,
    prepare: ({ release }) => release(2),
    act: (operations, _ids, kill) => operations.rollback(undefined, { kill }),
  },
  "a promotion of a version that drains": {
    fewestCalls: 30,
    async prepare({ release, operations, ids, world, skip, pauseReaders }) {
      await release(2);
      pauseReaders(true);
      await skip(2 * HOUR);
      await operations.janitor({ kill: { call: "ssm:PutParameter", phase: "after" } });
      expect((await readLedger(world))?.versions[ids[0]!]?.state).toBe("draining");
      pauseReaders(false);
    },
    act: (operations, ids, kill) => operations.promote(ids[0]!, { kill }),
    result: { page: "seen" },
  },
  "a recall of one": {
    fewestCalls: 10,
    prepare: ({ release }) => release(2),
    act: (operations, ids, kill) => operations.recall({ only: ids[0]! }, { kill }),
  },
  "a recall of all below": {
    fewestCalls: 10,
    prepare: ({ release }) => release(3),
    act: (operations, ids, kill) => operations.recall({ below: ids[2]! }, { kill }),
  },
  "a retirement by hand": {
    fewestCalls: 10,
    async prepare({ release, skip, pauseReaders }) {
      await release(2);
      pauseReaders(true);
      await skip(2 * HOUR);
    },
    act: (operations, ids, kill) => operations.retire(ids[0]!, { kill }),
    result: "retired",
  },
  "a janitor that drains, retires, removes and deletes": {
    fewestCalls: 40,
    async prepare({ release, operations, skip, pauseReaders }) {
      await release(2);
      pauseReaders(true);
      await skip(3 * DAY);
      await operations.janitor();
      await release();
      await operations.release({ machine: 5, kill: { call: "cloudformation:CreateStack", phase: "after" } });
      await skip(3 * DAY);
    },
    act: (operations, _ids, kill) => operations.janitor({ kill }),
    result: {
      done: [
        expect.objectContaining({ kind: "retired" }),
        expect.objectContaining({ kind: "retired" }),
        expect.objectContaining({
          kind: "deleted-files",
          count: expect.toSatisfy((count: number) => count > 0),
        }),
      ],
    },
  },
};

let points = 0;
afterAll(() => console.log(`${points} crash points`));

describe.each(Object.entries(SCENARIOS))("%s, killed at every call to AWS", (_name, scenario) => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recordPreparation(scenario.prepare);
  });

  it.each(["release", "janitor"] as const)(
    "is finished or undone by the next %s",
    { timeout: 120_000 },
    async (next) => {
      const wrong: string[] = [];
      let calls = 0;
      for (let call = 1, killed = true; killed; call++) {
        for (const phase of ["before", "after"] as const) {
          const found = await killAt({ call, phase }, scenario, recording, next);
          killed = found !== "not reached";
          if (found === "not reached") break;
          points++;
          calls = call;
          wrong.push(...found.map((words) => `${phase} call ${call}: ${words}`));
        }
      }
      expect(wrong).toEqual([]);
      expect(calls).toBeGreaterThanOrEqual(scenario.fewestCalls);
    },
  );
});

/** @returns one sentence per fault that is found afterwards; or that the run ended before the call */
async function killAt(
  kill: KillPoint,
  scenario: Scenario,
  recording: Recording,
  next: "release" | "janitor",
): Promise<string[] | "not reached"> {
  const stage = await replay(recording, Number(kill.call));
  const { world, watch, visitors, operations } = stage;
  const outcome = await scenario.act(operations, recording.ids, kill);
  if (outcome.how !== "killed") {
    expect(outcome).toMatchObject({
      how: "done",
      ...(scenario.result !== undefined && { result: scenario.result }),
    });
    await world.close();
    return "not reached";
  }
  await letReadersCome(world, visitors);
  const failures = next === "release" ? await releaseAgain(stage) : await janitorAgain(stage);
  await letReadersCome(world, visitors);
  const after = [...(await disagreements(world)), ...unfinished(watch)];
  const left = await everythingRetired(stage);
  await world.close();
  return [...new Set([...watch.violations, ...failures, ...after, ...left])];
}

/** Versions whose release was neither finished nor undone. */
function unfinished({ ledger }: Watch): string[] {
  return Object.entries(ledger?.versions ?? {})
    .filter(([, { state }]) => state === "deploying" || state === "published")
    .map(([id, { state }]) => `10. ${id} is still ${state}`);
}

async function releaseAgain({ operations }: Stage): Promise<string[]> {
  const outcome = await operations.release();
  if (outcome.how === "done") return [];
  return [`10. the next release ${outcome.how}: ${"error" in outcome && outcome.error.message}`];
}

/** To the janitor, on another machine, a release is dead when its lease expires. */
async function janitorAgain({ operations, world }: Stage): Promise<string[]> {
  await world.time.skip(12 * MINUTE);
  const outcome = await operations.janitor();
  if (outcome.how === "done")
    return outcome.result.failed.map(({ what, message }) => `10. the janitor failed: ${what}: ${message}`);
  return [`10. the next janitor ${outcome.how}: ${"error" in outcome && outcome.error.message}`];
}

/** After the last reader leaves and every period ends, only current and its resources are left. */
async function everythingRetired({ world, visitors, operations }: Stage): Promise<string[]> {
  visitors.pause(true);
  const failures: string[] = [];
  for (let round = 0; round < 2; round++) {
    await world.time.skip(3 * DAY);
    const outcome = await operations.janitor();
    if (outcome.how !== "done") failures.push(`10. the janitor ${outcome.how}`);
    else
      failures.push(
        ...outcome.result.failed.map(({ what, message }) => `10. the janitor failed: ${what}: ${message}`),
      );
  }
  const versions = Object.keys((await readLedger(world))?.versions ?? {});
  if (versions.length > 1) failures.push(`10. versions are left: ${versions.join(", ")}`);
  return [...failures, ...(await disagreements(world)), ...(await orphans(world))];
}

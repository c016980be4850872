import type { ServiceName } from "@lockstep/local/in-memory";
import { describe, expect, it } from "vitest";
import { disagreements, readLedger } from "./checks.ts";
import { checkHistory, fillHistory } from "./full-history.ts";
import { openStage } from "./stage.ts";
import { letReadersCome } from "./visitors.ts";

const RELEASES = 8;
const DAY_MS = 86_400_000;
/** The services that are slow for each release. Such a release writes long after it read. */
const KVS = "cloudfront-keyvaluestore";
const SLOW: (ServiceName | undefined)[] = ["ssm", KVS, "s3", "ssm", KVS, undefined, KVS];
const SEEDS = [1, 2, 3, 4, 5, 6];

describe("eight releases, two operators and the janitor on one ledger", () => {
  it.each(SEEDS)("lose no change that was acknowledged, and end with one current (seed %i)", async (seed) => {
    const { world, watch, visitors, operations } = await openStage(seed, { protection: { maxVersions: 20 } });
    const old = await operations.release();
    const before = await operations.release();
    if (old.how !== "done" || before.how !== "done") throw new Error("The first releases did not end well.");
    await fillHistory({ world, watch });
    world.alone = false;

    const [releases, rollback, recall, janitor] = await world.time.until(() =>
      Promise.all([
        Promise.all(
          Array.from({ length: RELEASES }, (_, machine) =>
            operations.release({ machine, slow: SLOW[machine] }),
          ),
        ),
        operations.rollback(undefined, { machine: 20 }),
        world.time.sleep(9000).then(() => operations.recall({ only: old.result.id }, { machine: 21 })),
        operations.janitor(),
      ]),
    );
    await letReadersCome(world, visitors);
    await checkHistory({ world, watch });
    expect(watch.violations).toEqual([]);
    expect(await disagreements(world)).toEqual([]);

    const ledger = (await readLedger(world))!;
    const slots = Object.values(ledger.versions).flatMap(({ slot }) => slot ?? []);
    expect(new Set(slots).size).toBe(slots.length);
    expect(Object.values(ledger.versions).filter(({ state }) => state === "current")).toHaveLength(1);

    const entries = [...watch.history.values()].map((text) => JSON.parse(text));
    const eventsOf = (id: string) =>
      entries.filter(({ version }) => version === id).map(({ event }) => event);
    for (const outcome of releases) {
      expect(outcome).toMatchObject({ how: "done" });
      if (outcome.how !== "done") continue;
      const { id, page } = outcome.result;
      expect(eventsOf(id).slice(0, 2)).toEqual(["deploy", "publish"]);
      // A version that a newer one overtook is not promoted.
      if (page === "seen") expect(eventsOf(id)).toContain("promote");
    }
    if (rollback.how === "done") expect(eventsOf(rollback.result.id)).toContain("promote");
    if (recall.how === "done") expect(eventsOf(old.result.id)).toContain("recall");
    else expect(recall).toMatchObject({ error: { code: "IS_CURRENT" } });
    expect(janitor).toMatchObject({ how: "done", result: { failed: [] } });
    await world.close();
  });
});

describe("a release that lists a chunk which a slow janitor is deleting", () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 8])("has it in the end (%i s after the janitor said so)", async (seconds) => {
    const { world, watch, visitors, operations } = await openStage(seconds);
    const old = await operations.release();
    await operations.release();
    if (old.how !== "done") throw new Error("The first release did not end well.");
    visitors.pause(true);
    await world.time.skip(3 * DAY_MS);
    await operations.janitor();
    await world.time.skip(3 * DAY_MS);
    visitors.pause(false);
    world.alone = false;
    const announced = Promise.withResolvers<void>();
    world.observers.push(({ input }) => {
      if (input.Key === "ledger.json" && input.Body?.includes('"delete-files"')) announced.resolve();
    });
    const [janitor, release] = await world.time.until(() =>
      Promise.all([
        operations.janitor({ slow: "s3" }),
        announced.promise
          .then(() => world.time.sleep(seconds * 1000))
          .then(() => operations.release({ chunkOf: old.result.id })),
      ]),
    );
    await letReadersCome(world, visitors);
    expect([janitor.how, release.how]).toEqual(["done", "done"]);
    expect(watch.violations).toEqual([]);
    expect(world.hasFile(`assets/own-${old.result.id}.js`)).toBe(true);
    await world.close();
  });
});

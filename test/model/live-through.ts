import { disagreements, orphans, readLedger } from "./checks.ts";
import { checkHistory, fillHistory } from "./full-history.ts";
import type { History, Operation, Step } from "./history.ts";
import { checkCapacity, checkEnds, type End } from "./operation-checks.ts";
import type { Operations } from "./operations.ts";
import { type Recording, recordPreparation, replay } from "./recording.ts";
import type { Outcome, RunOptions } from "./run.ts";
import type { Stage } from "./stage.ts";
import { letReadersCome } from "./visitors.ts";
import type { Watch } from "./watch.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** How much a history explored. */
export interface Explored {
  /** Outcomes of its operations, by `<operation> <outcome>`, for example `release killed`. */
  outcomes: Record<string, number>;
  /** Faults that a call met. */
  faults: number;
}

/**
 * Runs a history with readers. Then lets every period end and runs the janitor until only current is left.
 *
 * @throws Error with the first violation of docs/guarantee.md
 */
export async function liveThrough({ seed, steps }: History): Promise<Explored> {
  // A history without versions explores little.
  const releases = 1 + (seed % 3);
  const stage = await replay(await recordReleases(releases), seed, {
    readersEveryMs: 500 + (seed % 4) * 1500,
  });
  const { world, watch } = stage;
  const explored: Explored = { outcomes: {}, faults: 0 };
  if (seed % 3 > 0 && seed % 4 === 0) await fillHistory(stage);
  for (const [index, each] of steps.entries()) {
    for (const { operation, outcome } of await act(each, stage))
      addTo(explored.outcomes, { [`${operation.do} ${outcome.how}`]: 1 });
    refuseViolations(watch, `after step ${index + 1} (${each.do})`);
  }
  explored.faults = world.faultsMet;
  await endEverything(stage);
  await world.close();
  return explored;
}

const recordings = new Map<number, Promise<Recording>>();

function recordReleases(count: number): Promise<Recording> {
  const recording = recordings.get(count) ?? recordPreparation(({ release }) => release(count));
  recordings.set(count, recording);
  return recording;
}

/** Adds counts to counts. */
export function addTo(sum: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
}

async function act(step: Step, stage: Stage): Promise<End[]> {
  const { world, visitors, watch } = stage;
  if (step.do === "readers") {
    visitors.pause(!step.come);
    return [];
  }
  if (step.do === "wait") {
    if (step.ms <= MINUTE) await world.time.pass(step.ms);
    else await world.time.skip(step.ms);
    await letReadersCome(world, visitors);
    return [];
  }
  if (step.do === "load") {
    const { current } = watch.ledger!;
    const { clusterName: cluster } = world.outputs;
    if (current === undefined) return [];
    await world.call("ecs", "UpdateService", { cluster, service: current, desiredCount: step.tasks });
    await world.time.pass(20 * SECOND);
    return [];
  }
  const all = step.do === "together" ? step.operations : [step];
  const before = watch.ledger;
  world.alone = all.length === 1;
  const ends = await world.time.until(() => Promise.all(all.map((each) => start(each, stage))));
  checkEnds(ends, before, stage);
  if (world.alone) await checkCapacity(before?.current, stage);
  await letReadersCome(world, visitors);
  if (!ends.every(({ outcome }) => outcome.how === "done")) return ends;
  for (const words of await disagreements(world)) watch.violate(words);
  if (watch.isMapStale) watch.violate("9. every run ended well, and an older map still replaces the newest");
  return ends;
}

async function start(operation: Operation, { watch, operations }: Stage): Promise<End> {
  const { run } = operation;
  const target = "pick" in operation ? pickVersion(operation.pick, watch) : undefined;
  const outcome = await runOperation(operation, target ?? "20000101-000000-0000000", run, operations);
  return { operation, target, outcome };
}

/** Picks current rarely, because most operations on it are refused. */
function pickVersion(pick: number, { ledger }: Watch): string | undefined {
  const ids = Object.keys(ledger?.versions ?? {}).sort();
  const others = ids.filter((id) => id !== ledger?.current);
  const from = pick === 0 || others.length === 0 ? ids : others;
  return from[pick % Math.max(1, from.length)];
}

function runOperation(
  operation: Operation,
  target: string,
  run: RunOptions,
  operations: Operations,
): Promise<Outcome<unknown>> {
  switch (operation.do) {
    case "release":
      return operations.release({ promote: operation.promote, ...run });
    case "resume":
      return operations.resume(run);
    case "rollback":
      return operations.rollback(undefined, run);
    case "janitor":
      return operations.janitor({ ...run, machine: undefined });
    case "promote":
      return operations.promote(target, run);
    case "recall-only":
      return operations.recall({ only: target }, run);
    case "recall-below":
      return operations.recall({ below: target }, run);
    case "retire":
      return operations.retire(target, run);
  }
}

async function endEverything(stage: Stage): Promise<void> {
  const { world, watch, visitors, operations } = stage;
  await letReadersCome(world, visitors);
  visitors.pause(true);
  const before = watch.ledger;
  for (let round = 0; round < 3; round++) {
    await world.time.skip(3 * DAY);
    checkEnds(
      [{ operation: { do: "janitor", run: {} }, outcome: await operations.janitor() }],
      before,
      stage,
    );
  }
  await letReadersCome(world, visitors);
  const ledger = await readLedger(world);
  const left = Object.keys(ledger?.versions ?? {}).filter((id) => id !== before?.current);
  for (const id of left) watch.violate(`4. ${id} is ${ledger!.versions[id]!.state} long after every window`);
  for (const words of [...(await disagreements(world)), ...(await orphans(world))]) watch.violate(words);
  await checkHistory(stage);
  refuseViolations(watch, "at the end");
}

function refuseViolations({ violations }: Watch, when: string): void {
  if (violations.length === 0) return;
  throw new Error(`${when}:\n  ${[...new Set(violations)].slice(0, 8).join("\n  ")}`);
}

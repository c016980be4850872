import { isRoutable, type Ledger, type Version } from "../lifecycle/ledger.ts";
import type { RetirementPolicy } from "./policy.ts";
import type { RequestEvidence } from "./request-evidence.ts";
import type { RunsOn } from "./resources.ts";
import { endToAnnounce } from "./version-end.ts";
import { formatCount } from "./words.ts";

/** What is done to a version that stays. */
export type Upkeep =
  /** Its pages are told when it ends. */
  | { do: "announce"; id: string; endsAt: number; reason: string }
  /** It gets the tasks that it needs to answer; `onDemand`: away from Spot. */
  | { do: "restore"; id: string; tasks: number; fewest: number; onDemand: boolean; reason: string }
  /** It goes down to the tasks that its traffic needs. */
  | { do: "shrink"; id: string; tasks: number; fewest: number; reason: string }
  /** Its tasks move to Fargate Spot. */
  | { do: "move-to-spot"; id: string; reason: string };

interface UpkeepInput {
  ledger: Ledger;
  requests: Readonly<Record<string, RequestEvidence>>;
  runsOn: ReadonlyMap<string, RunsOn> | undefined;
  policy: RetirementPolicy;
  /** They stay as they were when they were current. */
  forRollback: ReadonlySet<string>;
  now: number;
}

/** The least that a superseded version runs on. */
const FEWEST_TASKS = 1;

/** At most one announcement and one change of tasks for each version that stays. Pure. */
export function planUpkeep(ids: readonly string[], input: UpkeepInput): Upkeep[] {
  const { ledger, policy } = input;
  return ids
    .filter((id) => isRoutable(ledger.versions[id]!.state) && !policy.keep.includes(id))
    .flatMap((id) => [...announce(id, input), ...tasks(id, input)]);
}

function announce(id: string, { ledger, policy, now }: UpkeepInput): Upkeep[] {
  const version = ledger.versions[id]!;
  if (version.state === "current") return [];
  const endsAt = endToAnnounce(version, policy, now);
  return endsAt === undefined ? [] : [{ do: "announce", id, endsAt, reason: "its window ends" }];
}

function tasks(id: string, input: UpkeepInput): Upkeep[] {
  const { ledger, runsOn } = input;
  const now = runsOn?.get(id);
  if (now === undefined) return [];
  const version = ledger.versions[id]!;
  const one = version.state === "superseded" ? tend(id, version, now, input) : restore(id, now, input);
  return one === undefined ? [] : [one];
}

/** Current, and what may be current next: never fewer tasks than configured, and on capacity that nobody takes back. */
function restore(id: string, now: RunsOn, { policy, ledger }: UpkeepInput): Upkeep | undefined {
  const { minTasks } = policy;
  const tasks = Math.max(now.desired, minTasks);
  const onDemand = ledger.current === id && now.capacity === "FARGATE_SPOT";
  const reason =
    now.desired < minTasks
      ? `it should run at least ${formatCount(minTasks, "task")}, and ${now.desired} are wanted`
      : onDemand
        ? "it is current, and runs on Spot"
        : now.fewest !== undefined && now.fewest < minTasks
          ? `its scaling could go below ${formatCount(minTasks, "task")}`
          : undefined;
  return reason === undefined ? undefined : { do: "restore", id, tasks, fewest: minTasks, onDemand, reason };
}

function tend(id: string, version: Version, now: RunsOn, input: UpkeepInput): Upkeep | undefined {
  const { policy, forRollback } = input;
  if (now.desired < FEWEST_TASKS)
    return {
      do: "restore",
      id,
      tasks: policy.minTasks,
      fewest: Math.min(policy.minTasks, now.fewest ?? policy.minTasks),
      onDemand: false,
      reason: "the edge may route to it, and it has no task",
    };
  const graceEnds = (version.supersededAt ?? 0) + policy.graceSeconds * 1000;
  if (input.now < graceEnds || forRollback.has(id)) return undefined;
  const needed = tasksNeeded(id, input);
  if (needed !== undefined && (needed < now.desired || (now.fewest ?? FEWEST_TASKS) > FEWEST_TASKS))
    return {
      do: "shrink",
      id,
      tasks: Math.min(needed, now.desired),
      fewest: FEWEST_TASKS,
      reason: `its traffic needs ${formatCount(needed, "task")} of ${now.desired}`,
    };
  if (policy.spot && now.capacity !== "FARGATE_SPOT")
    return { do: "move-to-spot", id, reason: "it is superseded, and api.spotWhenSuperseded is set" };
  return undefined;
}

/**
 * As many tasks as bear its requests when each takes what one of current's takes now. `undefined` when that cannot be told: then
 * scaling by CPU is left alone.
 */
function tasksNeeded(id: string, { ledger, requests, runsOn }: UpkeepInput): number | undefined {
  const perMinute = perMinuteOf(requests[id]);
  if (perMinute === undefined) return undefined;
  if (perMinute === 0) return FEWEST_TASKS;
  const current = ledger.current;
  const currentPerMinute = current === undefined ? undefined : perMinuteOf(requests[current]);
  const currentTasks = current === undefined ? undefined : runsOn?.get(current)?.desired;
  if (!currentPerMinute || !currentTasks) return undefined;
  return Math.max(FEWEST_TASKS, Math.ceil(perMinute / (currentPerMinute / currentTasks)));
}

function perMinuteOf(evidence: RequestEvidence | undefined): number | undefined {
  return evidence?.known ? evidence.perMinute : undefined;
}

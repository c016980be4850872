import { formatCount } from "../../base/format.ts";
import { isRoutable, type Ledger, type Version } from "../../lifecycle/ledger.ts";
import type { Capacity } from "../evidence/capacity.ts";
import type { RequestEvidence } from "../evidence/request-evidence.ts";
import { expiryToAnnounce } from "./expiry.ts";
import type { RetirementPolicy } from "./policy.ts";

/** What the janitor does to a version that it keeps. */
export type Upkeep =
  /** The status check warns the version's pages that it expires at `endsAt`. */
  | { do: "announce"; id: string; endsAt: number; reason: string }
  /** Scales the version to `tasks`. `fewest`: the minimum of its scaling. */
  | { do: "restore"; id: string; tasks: number; fewest: number; reason: string }
  /** Sets the minimum of the version's scaling. Target tracking decides about its tasks. */
  | { do: "lower-minimum"; id: string; fewest: number; reason: string };

interface UpkeepInput {
  ledger: Ledger;
  requests: Readonly<Record<string, RequestEvidence>>;
  capacity: ReadonlyMap<string, Capacity> | undefined;
  policy: RetirementPolicy;
  /** Versions that keep the capacity that they had as current. */
  forRollback: ReadonlySet<string>;
  now: number;
}

/** The smallest minimum of a superseded version's scaling. */
const FEWEST_TASKS = 1;

/** Plans at most one announcement and one change of tasks for each version that stays. Pure. */
export function planUpkeep(ids: readonly string[], input: UpkeepInput): Upkeep[] {
  const { ledger, policy } = input;
  return ids
    .filter((id) => isRoutable(ledger.versions[id]!.state) && !policy.keep.includes(id))
    .flatMap((id) => [...announce(id, input), ...changeOfTasks(id, input)]);
}

function announce(id: string, { ledger, policy, now }: UpkeepInput): Upkeep[] {
  const version = ledger.versions[id]!;
  if (version.state === "current") return [];
  const endsAt = expiryToAnnounce(version, policy, now);
  return endsAt === undefined ? [] : [{ do: "announce", id, endsAt, reason: "its window ends" }];
}

function changeOfTasks(id: string, input: UpkeepInput): Upkeep[] {
  const now = input.capacity?.get(id);
  if (now === undefined) return [];
  const version = input.ledger.versions[id]!;
  const one = version.state === "superseded" ? superseded(id, version, now, input) : restore(id, now, input);
  return one === undefined ? [] : [one];
}

/** Current, and a published version that may become current, never have fewer tasks than configured. */
function restore(id: string, now: Capacity, { policy: { minTasks } }: UpkeepInput): Upkeep | undefined {
  const tasks = Math.max(now.desired, minTasks);
  const reason =
    now.desired < minTasks
      ? `it should run at least ${formatCount(minTasks, "task")}; its desired count is ${now.desired}`
      : now.fewest !== undefined && now.fewest < minTasks
        ? `its scaling could go below ${formatCount(minTasks, "task")}`
        : undefined;
  return reason === undefined ? undefined : { do: "restore", id, tasks, fewest: minTasks, reason };
}

/** A superseded version always has a task. Its minimum is lowered only if it has no open connection. */
function superseded(id: string, version: Version, now: Capacity, input: UpkeepInput): Upkeep | undefined {
  const { policy, forRollback, requests } = input;
  if (now.desired < FEWEST_TASKS)
    return {
      do: "restore",
      id,
      tasks: policy.minTasks,
      fewest: Math.min(policy.minTasks, now.fewest ?? policy.minTasks),
      reason: "the edge may route to it, and it has no task",
    };
  const graceEnds = (version.supersededAt ?? 0) + policy.graceSeconds * 1000;
  if (input.now < graceEnds || forRollback.has(id)) return undefined;
  const evidence = requests[id];
  const isFree = evidence?.known === true && evidence.open === 0;
  if (!isFree || now.fewest === undefined || now.fewest <= FEWEST_TASKS) return undefined;
  const reason = "it is superseded and no connection to it is open";
  return { do: "lower-minimum", id, fewest: FEWEST_TASKS, reason };
}

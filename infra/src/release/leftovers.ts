import { deleteStack } from "../aws/stacks.ts";
import { versionStackName } from "../base/version-names.ts";
import { markDecisions } from "../janitor/mark-decisions.ts";
import type { Action } from "../janitor/plan-retirement.ts";
import { finishRetirement, type RetireContext, type Retirement, UNFINISHED_TEXT } from "../janitor/retire.ts";
import type { Ledger } from "../lifecycle/ledger.ts";

type Releases = ReadonlyMap<string, "running" | "died">;

/**
 * Ends what killed releases left: what was not published is failed, what was not promoted and was to be drains (the janitor
 * finishes that, after every edge forgot it). In the ledger only, so it is quick.
 *
 * @param seen a ledger that was read before the leases
 * @returns ids of failed versions that can be removed
 */
export async function endKilledReleases(
  seen: Ledger,
  releases: Releases,
  context: Pick<RetireContext, "lifecycle" | "actor" | "clock">,
): Promise<string[]> {
  const { lifecycle } = context;
  const because = { code: "abandoned", reason: "its release was killed" };
  const actions = Object.entries(seen.versions).flatMap(([id, { state, held }]): Action[] => {
    const release = releases.get(id);
    if (state === "deploying" && release !== "running") return [{ do: "fail", id, ...because }];
    if (state === "published" && release === "died" && !held) return [{ do: "drain", id, ...because }];
    return [];
  });
  if (actions.length > 0) await markDecisions(actions, seen, context);
  const ledger = await lifecycle.store.read();
  if (actions.some((action) => action.do === "drain")) await lifecycle.publishMap();
  return Object.entries(ledger.versions)
    .filter(([id, { state }]) => state === "failed" && releases.get(id) !== "running")
    .map(([id]) => id);
}

/**
 * Whether a version's stack is there for nobody: it has no slot, and no release is making it. So it is with one whose release
 * was taken for dead, woke up, and was killed after its next call: its rule holds a priority that the ledger gives to others.
 */
export function isLeftOver(id: string, { versions }: Ledger, releases: Releases): boolean {
  return versions[id]?.slot === undefined && releases.get(id) !== "running";
}

/**
 * Deletes what failed versions run on, and stacks that are there for nobody, beside the builds of the new version.
 *
 * @returns what could not be removed, in words
 */
export async function removeLeftovers(
  { failed, stacks }: { failed: readonly string[]; stacks: readonly string[] },
  context: RetireContext,
): Promise<string[]> {
  const { config, clients, clock } = context;
  const removals = [
    ...failed.map((id) => ({ id, removal: finishRetirement(id, context) })),
    ...stacks.map((id) => ({
      id,
      removal: deleteStack(versionStackName(config.app, id), {
        cloudformation: clients.cloudformation,
        clock,
      }).then((gone): Retirement => (gone ? "retired" : "stack")),
    })),
  ];
  const outcomes = await Promise.allSettled(removals.map(({ removal }) => removal));
  return outcomes.flatMap((outcome, index) => {
    const { id } = removals[index]!;
    if (outcome.status === "rejected") return [`${id}: ${(outcome.reason as Error).message}`];
    return outcome.value === "retired" ? [] : [`${id}: ${UNFINISHED_TEXT[outcome.value]}`];
  });
}

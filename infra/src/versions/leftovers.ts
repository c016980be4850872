import { deleteStack } from "../aws/stacks.ts";
import { versionStackName } from "../base/version-names.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import type { Releases } from "../lifecycle/release-lease.ts";
import { markDecisions, type RecordedDecision } from "./mark-decisions.ts";
import { finishRetirement, type RetireContext, type Retirement, UNFINISHED_TEXT } from "./retire.ts";

/**
 * Ends killed releases in the ledger: an unpublished version becomes failed. A published version that should have been
 * promoted becomes draining, and the janitor retires it.
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
  const reason = "its release was killed";
  const actions = Object.entries(seen.versions).flatMap(([id, { state, held }]): RecordedDecision[] => {
    const release = releases.get(id);
    if (state === "deploying" && release !== "running") return [{ do: "fail", id, reason }];
    if (state === "published" && release === "died" && !held) return [{ do: "drain", id, reason }];
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
 * Whether the stack of a version is a leftover: the version has no slot, and no release is creating it. This happens if
 * a release was taken for dead, woke up, created its stack and was killed. Its listener rule then blocks a priority
 * that the ledger considers free.
 */
export function isLeftOver(id: string, { versions }: Ledger, releases: Releases): boolean {
  return versions[id]?.slot === undefined && releases.get(id) !== "running";
}

/**
 * Deletes the resources of failed versions, and leftover stacks, in parallel.
 *
 * @returns what could not be removed, as text
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
      }).then((deleted): Retirement => (deleted ? "retired" : "stack")),
    })),
  ];
  const outcomes = await Promise.allSettled(removals.map(({ removal }) => removal));
  return outcomes.flatMap((outcome, index) => {
    const { id } = removals[index]!;
    if (outcome.status === "rejected") return [`${id}: ${(outcome.reason as Error).message}`];
    return outcome.value === "retired" ? [] : [`${id}: ${UNFINISHED_TEXT[outcome.value]}`];
  });
}

import { deleteStack } from "../aws/stacks.ts";
import { versionStackName } from "../base/version-names.ts";
import { isAllowed } from "../lifecycle/transitions.ts";
import { finishRetirement, type RetireContext, UNFINISHED_TEXT } from "../versions/retire.ts";

/**
 * Undoes a failed release, whichever step failed. Current is not changed.
 *
 * @returns what was removed and what remains, as one line
 */
export async function undoRelease(id: string, failure: unknown, context: RetireContext): Promise<string> {
  const { config, lifecycle, clients, actor, clock } = context;
  const reason = `its release failed: ${failure instanceof Error ? failure.message.split("\n", 1)[0] : failure}`;
  const ledger = await lifecycle.store.read();
  if (isAllowed(ledger, { type: "fail", id })) {
    await lifecycle.apply({ type: "fail", id }, { actor, reason });
    const result = await finishRetirement(id, context);
    return result === "retired"
      ? `All resources of ${id} were removed. Current is unchanged.`
      : `${id} is marked as failed; ${UNFINISHED_TEXT[result]}, and the janitor removes it. Current is unchanged.`;
  }
  if (ledger.versions[id]?.state === "published") {
    await lifecycle.apply({ type: "drain", id }, { actor, reason });
    await lifecycle.publishMap();
    return `${id} was removed from the map; the janitor removes the rest. Current is unchanged.`;
  }
  const state = ledger.versions[id]?.state;
  if (state === "current")
    return `${id} is current in the ledger. If map and pointer are behind, the next run of the janitor writes them.`;
  if (state === "retired") {
    // Another process took this release for dead and removed the version. What this release created after that still
    // exists.
    const stack = versionStackName(config.app, id);
    const deleted = await deleteStack(stack, { cloudformation: clients.cloudformation, clock });
    return `Another process ended the release of ${id}; ${deleted ? "all its resources were removed" : `${stack} is still being deleted`}. Current is unchanged.`;
  }
  if (state !== undefined) return `${id} is ${state}; the janitor removes it. Current is unchanged.`;
  await lifecycle.manifests.remove(id);
  return "The release is not in the ledger yet, so there is nothing to undo. Current is unchanged.";
}

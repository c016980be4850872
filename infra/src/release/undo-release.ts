import { deleteStack } from "../aws/stacks.ts";
import { finishRetirement, type RetireContext } from "../janitor/retire.ts";
import { isAllowed } from "../lifecycle/transitions.ts";
import { versionStackName } from "../version/version-names.ts";

/**
 * Takes back a version whose release failed, as far as it came, and says what is left. Current is not touched.
 *
 * @returns one line for the user
 */
export async function undoRelease(id: string, failure: unknown, context: RetireContext): Promise<string> {
  const { config, lifecycle, clients, actor, clock } = context;
  const reason = `its release failed: ${failure instanceof Error ? failure.message.split("\n", 1)[0] : failure}`;
  const ledger = await lifecycle.store.read();
  if (isAllowed(ledger, { type: "fail", id })) {
    await lifecycle.apply({ type: "fail", id }, { actor, reason });
    const outcome = await finishRetirement(id, context);
    return outcome === "retired"
      ? `Everything of ${id} was removed again. Current is untouched.`
      : `${id} is marked as failed; ${outcome}, and the janitor removes it. Current is untouched.`;
  }
  if (ledger.versions[id]?.state === "published") {
    await lifecycle.apply({ type: "drain", id }, { actor, reason });
    await lifecycle.publishMap();
    return `${id} is out of the map again; the janitor removes it. Current is untouched.`;
  }
  const state = ledger.versions[id]?.state;
  if (state === "current")
    return `${id} is current in the ledger. What is not written yet, the janitor writes: npm run lockstep -- janitor run`;
  if (state === "retired") {
    // Taken for dead and removed while it lived: what it made after that is still there.
    const stack = versionStackName(config.app, id);
    const gone = await deleteStack(stack, { cloudformation: clients.cloudformation, clock });
    return `${id} was ended by somebody else; ${gone ? "everything of it was removed" : `${stack} is still being deleted`}. Current is untouched.`;
  }
  if (state !== undefined) return `${id} is ${state}; the janitor removes it. Current is untouched.`;
  await lifecycle.manifests.remove(id);
  return "Nothing runs of it, and current is untouched.";
}

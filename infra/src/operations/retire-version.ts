import { look } from "../janitor/look.ts";
import { markDecisions } from "../janitor/mark-decisions.ts";
import { markUnrouted } from "../janitor/mark-unrouted.ts";
import type { Action, Kept } from "../janitor/plan-retirement.ts";
import { finishRetirement } from "../janitor/retire.ts";
import { LockstepError } from "../lifecycle/lockstep-error.ts";
import { retireContext } from "../release/release.ts";
import type { OperationContext } from "./context.ts";

/**
 * Retires one version by hand: the order and the guards are the janitor's.
 *
 * @returns `retired`, or in words what it waits for; then the janitor goes on with it
 * @throws LockstepError VERSION_UNKNOWN, IS_CURRENT; STILL_NEEDED with the janitor's reason to keep it
 */
export async function retireVersion(id: string, context: OperationContext): Promise<string> {
  const { lifecycle, progress } = context;
  await progress.step("Is it still needed?", async ({ note }) => {
    await lifecycle.publishMap();
    await lifecycle.writePointer();
    const seen = await look(context);
    const decision = [...seen.plan.actions, ...seen.plan.kept].find((one) => one.id === id);
    if (decision === undefined)
      throw new LockstepError("VERSION_UNKNOWN", `There is no version ${id} in the ledger.`);
    refuseNeeded(decision);
    note(decision.reason);
    if ("do" in decision)
      await markDecisions(
        [{ ...decision, reason: context.reason ?? `by hand: ${decision.reason}` }],
        seen.ledger,
        context,
      );
  });
  await progress.step("Out of the map", () => markUnrouted(context));
  return progress.step("Tasks, stack, ledger", async ({ note }) => {
    const outcome = await finishRetirement(id, retireContext(context));
    note(outcome);
    return outcome;
  });
}

function refuseNeeded(decision: Action | Kept): void {
  if ("do" in decision || decision.code === "files-kept") return;
  if (decision.code === "current") throw new LockstepError("IS_CURRENT", `${decision.id} is current.`);
  throw new LockstepError("STILL_NEEDED", `${decision.id}: ${decision.reason}.`);
}

import { LockstepError } from "../base/lockstep-error.ts";
import { inspectVersions } from "../janitor/inspect.ts";
import type { Action, Kept } from "../janitor/plan/plan-retirement.ts";
import type { OperationContext } from "../versions/context.ts";
import { markDecisions } from "../versions/mark-decisions.ts";
import { markUnrouted } from "../versions/mark-unrouted.ts";
import { finishRetirement, type Retirement, retireContext, UNFINISHED_TEXT } from "../versions/retire.ts";

/**
 * Retires one version on request, with the order and the checks of the janitor.
 *
 * @returns `retired`, or what the retirement waits for. The janitor continues it
 * @throws LockstepError VERSION_UNKNOWN, IS_CURRENT; STILL_NEEDED with the janitor's reason to keep it
 */
export async function retireVersion(id: string, context: OperationContext): Promise<Retirement> {
  const { lifecycle, progress } = context;
  await progress.step("Check that it is unused", async ({ note }) => {
    await lifecycle.publishMap();
    await lifecycle.writePointer();
    const { ledger, plan } = await inspectVersions(context);
    const decision = [...plan.actions, ...plan.kept].find((one) => one.id === id);
    if (decision === undefined)
      throw new LockstepError("VERSION_UNKNOWN", `There is no version ${id} in the ledger.`);
    refuseIfInUse(decision);
    note(decision.reason);
    if ("do" in decision)
      await markDecisions(
        [{ ...decision, reason: context.reason ?? `on request: ${decision.reason}` }],
        ledger,
        context,
      );
  });
  await progress.step("Remove from the map", async () => {
    await markUnrouted(context);
    // If its expiry was announced, the status must no longer name it.
    await lifecycle.writePointer();
  });
  return progress.step("Delete tasks and stack", async ({ note }) => {
    const result = await finishRetirement(id, retireContext(context));
    note(result === "retired" ? "retired" : UNFINISHED_TEXT[result]);
    return result;
  });
}

function refuseIfInUse(decision: Action | Kept): void {
  if ("do" in decision || decision.code === "files-kept") return;
  if (decision.code === "current") throw new LockstepError("IS_CURRENT", `${decision.id} is current.`);
  throw new LockstepError("STILL_NEEDED", `${decision.id}: ${decision.reason}.`);
}

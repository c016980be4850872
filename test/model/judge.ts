import { type Ledger, LockstepError } from "@lockstep/infra/rehearsal";
import type { Operation } from "./history.ts";
import type { Outcome } from "./run.ts";
import type { Stage } from "./stage.ts";
import type { Watch } from "./watch.ts";

/** What became of an operation. */
export interface End {
  operation: Operation;
  /** The version that it is about. */
  target?: string;
  outcome: Outcome<unknown>;
}

/** What may never come of an operation, whatever befell it. */
export function judgeEnds(ends: readonly End[], before: Ledger | undefined, { watch }: Stage): void {
  const { current, versions = {} } = watch.ledger ?? {};
  if (current !== before?.current && !ends.some((end) => mayMakeCurrent(end, current, before)))
    watch.violate(`10. ${ends.map(({ operation }) => operation.do).join(", ")} made ${current} current`);
  for (const { operation, outcome } of ends) {
    const { faults = [], kill } = operation.run;
    // The SDK resends these calls itself, so they do not disturb an operation.
    const troubles = faults.filter(({ kind }) => kind !== "resent").length;
    const undisturbed = ends.length === 1 && troubles === 0 && kill === undefined;
    if (operation.do === "release" && outcome.how === "failed" && ends.length === 1 && troubles <= 1)
      for (const [id, { state }] of Object.entries(versions))
        if (before?.versions[id] === undefined && (state === "deploying" || state === "published"))
          watch.violate(`10. a release failed, and ${id} is still ${state}: ${outcome.error.message}`);
    if (outcome.how === "failed") judgeFailure(operation, outcome.error, undisturbed, watch);
    if (operation.do === "janitor" && outcome.how === "done" && undisturbed) {
      const { failed } = outcome.result as { failed: { what: string; message: string }[] };
      for (const { what, message } of failed)
        watch.violate(`10. an undisturbed janitor failed: ${what}: ${message}`);
    }
  }
}

/** Whether an operation, finished or not, may have made a version current. */
function mayMakeCurrent({ operation, target }: End, id = "", before: Ledger | undefined): boolean {
  const state = before?.versions[id]?.state;
  switch (operation.do) {
    case "release":
      return operation.promote && state === undefined;
    case "resume":
      return state === "deploying" || state === "published";
    case "promote":
      return id === target;
    case "rollback":
      return state === "superseded" || state === "draining";
    default:
      return false;
  }
}

/** A version takes over all readers of the one before it: with as many tasks. */
export async function judgeCapacity(previous: string | undefined, { world, watch }: Stage): Promise<void> {
  const { current } = watch.ledger ?? {};
  if (previous === undefined || current === undefined || current === previous) return;
  const [before, now] = [await world.healthyTargets(previous), await world.healthyTargets(current)];
  if (now < before) watch.violate(`5. ${current} took over with ${now} tasks from ${before}`);
}

/** Refusals that say that there is nothing to do, or no room. */
const FINE = new Set([
  "IS_CURRENT",
  "NOTHING_TO_RESUME",
  "NO_FREE_SLOT",
  "NO_ROLLBACK",
  "RECALLED",
  "STILL_NEEDED",
  "TOO_MANY_VERSIONS",
  "VERSION_UNKNOWN",
  "WRONG_STATE",
]);
/** Failures that cannot happen here: no history restores an old ledger. */
const NEVER = new Set(["LEDGER_BEHIND", "LEDGER_DAMAGED", "LEDGER_NEWER"]);

function judgeFailure(
  { do: what }: Operation,
  error: Error & { code?: string },
  undisturbed: boolean,
  watch: Watch,
): void {
  const known = error instanceof LockstepError || "$metadata" in error || error.code === "ECONNRESET";
  if (!known) watch.violate(`${what} broke: ${error.stack}`);
  else if (NEVER.has(error.code ?? "")) watch.violate(`9. ${what} failed: ${error.code} ${error.message}`);
  else if (undisturbed && !FINE.has(error.code ?? ""))
    watch.violate(`10. an undisturbed ${what} failed: ${error.code ?? error.name} ${error.message}`);
}

import { type Ledger, LockstepError } from "@lockstep/infra/rehearsal";
import type { Operation } from "./history.ts";
import type { Outcome } from "./run.ts";
import type { Stage } from "./stage.ts";
import type { Watch } from "./watch.ts";

/** An operation and how it ended. */
export interface End {
  operation: Operation;
  /** The version that the operation names. */
  target?: string;
  outcome: Outcome<unknown>;
}

/** Checks the results of operations that ran together, with any faults and kills. Notes violations in the watch. */
export function checkEnds(ends: readonly End[], before: Ledger | undefined, { watch }: Stage): void {
  const { current, versions = {} } = watch.ledger ?? {};
  if (current !== before?.current && !ends.some((end) => mayMakeCurrent(end, current, before)))
    watch.violate(`10. ${ends.map(({ operation }) => operation.do).join(", ")} made ${current} current`);
  for (const { operation, outcome } of ends) {
    const { faults = [], kill } = operation.run;
    // A call that the SDK sends again causes no failure.
    const failures = faults.filter(({ kind }) => kind !== "resent").length;
    const undisturbed = ends.length === 1 && failures === 0 && kill === undefined;
    if (operation.do === "release" && outcome.how === "failed" && ends.length === 1 && failures <= 1)
      for (const [id, { state }] of Object.entries(versions))
        if (before?.versions[id] === undefined && (state === "deploying" || state === "published"))
          watch.violate(`10. a release failed, and ${id} is still ${state}: ${outcome.error.message}`);
    if (outcome.how === "failed") checkFailure(operation, outcome.error, undisturbed, watch);
    if (operation.do === "janitor" && outcome.how === "done" && undisturbed) {
      const { failed } = outcome.result as { failed: { what: string; message: string }[] };
      for (const { what, message } of failed)
        watch.violate(`10. an undisturbed janitor failed: ${what}: ${message}`);
    }
  }
}

/** Whether an operation may have made a version current, even if it was killed. */
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

/** A new current version receives all readers of the previous one, so it needs at least as many tasks. */
export async function checkCapacity(previous: string | undefined, { world, watch }: Stage): Promise<void> {
  const { current } = watch.ledger ?? {};
  if (previous === undefined || current === undefined || current === previous) return;
  const [before, now] = [await world.healthyTargets(previous), await world.healthyTargets(current)];
  if (now < before) watch.violate(`5. ${current} took over with ${now} tasks from ${before}`);
}

/** Codes of refusals: there is nothing to do, or no room. */
const ALLOWED = new Set([
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
/** Codes that only a restored or newer ledger explains. No history has one. */
const NEVER = new Set(["LEDGER_BEHIND", "LEDGER_DAMAGED", "LEDGER_NEWER"]);

function checkFailure(
  { do: what }: Operation,
  error: Error & { code?: string },
  undisturbed: boolean,
  watch: Watch,
): void {
  const known = error instanceof LockstepError || "$metadata" in error || error.code === "ECONNRESET";
  if (!known) watch.violate(`${what} broke: ${error.stack}`);
  else if (NEVER.has(error.code ?? "")) watch.violate(`9. ${what} failed: ${error.code} ${error.message}`);
  else if (undisturbed && !ALLOWED.has(error.code ?? ""))
    watch.violate(`10. an undisturbed ${what} failed: ${error.code ?? error.name} ${error.message}`);
}

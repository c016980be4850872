import { LockstepError } from "../base/lockstep-error.ts";
import type { Ledger, Version, VersionState } from "./ledger.ts";
import type { LaterEvent } from "./ledger-event.ts";

type VersionEvent = Exclude<LaterEvent, { type: "raise-floor" }>;

/** The states in which each event is allowed. */
const FROM: Record<VersionEvent["type"], readonly VersionState[]> = {
  publish: ["deploying"],
  promote: ["published", "superseded"],
  fail: ["deploying"],
  drain: ["published", "superseded"],
  recall: ["published", "superseded", "draining"],
  revive: ["draining"],
  announce: ["published", "superseded"],
  unroute: ["draining"],
  dismantle: ["draining", "failed"],
  retire: ["draining", "failed"],
  "delete-files": ["retired"],
  forget: ["retired"],
};

/** Why an event is not allowed; `undefined` if it is. */
export function refusal(ledger: Ledger, event: LaterEvent): LockstepError | undefined {
  if (event.type === "raise-floor") return refuseFloor(ledger, event.id);
  const version = Object.hasOwn(ledger.versions, event.id) ? ledger.versions[event.id] : undefined;
  if (version === undefined)
    return new LockstepError("VERSION_UNKNOWN", `There is no version ${event.id} in the ledger.`);
  // The recall is checked first: a recalled version is also draining or retired, but the recall is the reason to
  // report.
  return (
    refuseRecalled(event, version, ledger) ??
    refuseState(event, version) ??
    refuseMoment(event, version) ??
    refuseOvertaken(event, ledger)
  );
}

/** The floor only rises, and never above current, because the edge would then refuse the requests of new pages. */
function refuseFloor({ current, floor }: Ledger, id: string): LockstepError | undefined {
  if (current === undefined) return new LockstepError("WRONG_STATE", "No version has been released yet.");
  if (id > current)
    return new LockstepError("IS_CURRENT", `The current version ${current} would be below the floor ${id}.`);
  if (floor !== undefined && id <= floor)
    return new LockstepError("WRONG_STATE", `The floor is already ${floor} and cannot be lowered.`);
  return undefined;
}

function refuseState({ id, type }: VersionEvent, { state }: Version): LockstepError | undefined {
  if (FROM[type].includes(state)) return undefined;
  if (state === "current" && (type === "drain" || type === "recall" || type === "retire"))
    return new LockstepError("IS_CURRENT", `${id} is current.`);
  return new LockstepError(
    "WRONG_STATE",
    `Cannot apply "${type}" to ${id}: it is ${state}, and must be ${FROM[type].join(" or ")}.`,
  );
}

/** Checks the steps of a retirement, which the state alone does not show. */
function refuseMoment({ id, type }: VersionEvent, version: Version): LockstepError | undefined {
  const refuse = (why: string) =>
    new LockstepError("WRONG_STATE", `Cannot apply "${type}" to ${id}: ${why}.`);
  if (type === "unroute" && version.unroutedAt !== undefined) return refuse("it is already out of the map");
  if (type === "dismantle" && version.dismantledAt !== undefined) return refuse("its stack is being deleted");
  if (type === "dismantle" && version.state === "draining" && version.unroutedAt === undefined)
    return refuse("edges may still route to it");
  if (type === "retire" && version.dismantledAt === undefined)
    return refuse("its stack has not been deleted");
  if (type === "revive" && version.dismantledAt !== undefined) return refuse("its stack is being deleted");
  return undefined;
}

/** Refuses a promotion if, since it was decided, another version became current (see `unless` of the event). */
function refuseOvertaken(event: VersionEvent, { current }: Ledger): LockstepError | undefined {
  if (event.type !== "promote" || event.unless === undefined || current === undefined) return undefined;
  const overtaken = event.unless === "newer" ? current > event.id : current !== event.unless.notOver;
  return overtaken
    ? new LockstepError(
        "OVERTAKEN",
        `${current} was promoted in the meantime, so ${event.id} was not promoted.`,
      )
    : undefined;
}

/** A recalled version, and any version below the floor, can never become routable. */
function refuseRecalled(
  { id, type }: VersionEvent,
  version: Version,
  { floor }: Ledger,
): LockstepError | undefined {
  if (type === "recall" && version.recalledAt !== undefined)
    return new LockstepError("RECALLED", `${id} was already recalled.`);
  if (type !== "publish" && type !== "promote" && type !== "revive") return undefined;
  if (version.recalledAt !== undefined)
    return new LockstepError("RECALLED", `${id} was recalled${version.reason ? `: ${version.reason}` : ""}.`);
  if (floor !== undefined && id < floor)
    return new LockstepError("RECALLED", `${id} is below the floor ${floor}.`);
  return undefined;
}

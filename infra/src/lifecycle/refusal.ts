import type { Ledger, Version, VersionState } from "./ledger.ts";
import { LockstepError } from "./lockstep-error.ts";
import type { LedgerEvent } from "./transitions.ts";

type VersionEvent = Exclude<LedgerEvent, { type: "deploy" | "raise-floor" }>;

/** From which states each event may lead on. */
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

/** Why an event is not allowed, by name; `undefined` when it is. */
export function refusal(
  ledger: Ledger,
  event: Exclude<LedgerEvent, { type: "deploy" }>,
): LockstepError | undefined {
  if (event.type === "raise-floor") return refuseFloor(ledger, event.id);
  const version = Object.hasOwn(ledger.versions, event.id) ? ledger.versions[event.id] : undefined;
  if (version === undefined)
    return new LockstepError("VERSION_UNKNOWN", `There is no version ${event.id} in the ledger.`);
  // Recalled comes first: it is why such a version is retired, and what its operator has to hear.
  return (
    refuseRecalled(event, version, ledger) ??
    refuseState(event, version) ??
    refuseMoment(event, version) ??
    refuseOvertaken(event, ledger)
  );
}

/** The floor only rises, and never above current: new pages would be gone before they are loaded. */
function refuseFloor({ current, floor }: Ledger, id: string): LockstepError | undefined {
  if (current === undefined) return new LockstepError("WRONG_STATE", "Nothing was released yet.");
  if (id > current)
    return new LockstepError("IS_CURRENT", `${current} is current, and would be below the floor ${id}.`);
  if (floor !== undefined && id <= floor)
    return new LockstepError("WRONG_STATE", `The floor is ${floor} already; it never sinks.`);
  return undefined;
}

function refuseState({ id, type }: VersionEvent, { state }: Version): LockstepError | undefined {
  if (FROM[type].includes(state)) return undefined;
  if (state === "current" && (type === "drain" || type === "recall" || type === "retire"))
    return new LockstepError("IS_CURRENT", `${id} is current.`);
  return new LockstepError(
    "WRONG_STATE",
    `${type} ${id}: it is ${state}, and must be ${FROM[type].join(" or ")}.`,
  );
}

/** Within a state, what must have happened before. */
function refuseMoment({ id, type }: VersionEvent, version: Version): LockstepError | undefined {
  const refuse = (why: string) => new LockstepError("WRONG_STATE", `${type} ${id}: ${why}.`);
  if (type === "unroute" && version.unroutedAt !== undefined) return refuse("it is out of the map already");
  if (type === "dismantle" && version.dismantledAt !== undefined) return refuse("its stack is being deleted");
  if (type === "dismantle" && version.state === "draining" && version.unroutedAt === undefined)
    return refuse("edges may still route to it");
  if (type === "retire" && version.dismantledAt === undefined) return refuse("its stack was not deleted yet");
  if (type === "revive" && version.dismantledAt !== undefined) return refuse("its stack is being deleted");
  return undefined;
}

/** A promotion was decided against what was current then. */
function refuseOvertaken(event: VersionEvent, { current }: Ledger): LockstepError | undefined {
  if (event.type !== "promote" || event.unless === undefined || current === undefined) return undefined;
  const overtaken = event.unless === "newer" ? current > event.id : current !== event.unless.notOver;
  return overtaken
    ? new LockstepError(
        "OVERTAKEN",
        `${current} has become current meanwhile; ${event.id} was not promoted over it.`,
      )
    : undefined;
}

/** What was recalled comes back by no way, and what is below the floor does not come at all. */
function refuseRecalled(
  { id, type }: VersionEvent,
  version: Version,
  { floor }: Ledger,
): LockstepError | undefined {
  if (type === "recall" && version.recalledAt !== undefined)
    return new LockstepError("RECALLED", `${id} was recalled already.`);
  if (type !== "publish" && type !== "promote" && type !== "revive") return undefined;
  if (version.recalledAt !== undefined)
    return new LockstepError("RECALLED", `${id} was recalled${version.reason ? `: ${version.reason}` : ""}.`);
  if (floor !== undefined && id < floor)
    return new LockstepError("RECALLED", `${id} is below the floor ${floor}.`);
  return undefined;
}

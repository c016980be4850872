import type { Ledger, Version, VersionState } from "./ledger.ts";
import { LockstepError } from "./lockstep-error.ts";
import { freeSlot, livingCount } from "./slots.ts";

/** What is known of a version before anything of it exists. */
export type VersionPlan = Pick<
  Version,
  "git" | "host" | "targetGroup" | "stack" | "service" | "image" | "files"
>;

/** Everything that can happen to a version. `deploy` creates its record, `forget` removes it. */
export type LedgerEvent =
  | { type: "deploy"; id: string; plan: VersionPlan; maxVersions: number }
  | { type: "publish"; id: string; targetGroupArn: string }
  | { type: "promote"; id: string }
  | { type: "fail"; id: string }
  | { type: "drain"; id: string }
  /** The map without the version was seen in SSM. */
  | { type: "unroute"; id: string }
  /** The point of no return: the stack is deleted next. */
  | { type: "dismantle"; id: string }
  | { type: "retire"; id: string }
  /** A janitor is about to delete the files that only this version lists. */
  | { type: "delete-files"; id: string }
  | { type: "forget"; id: string };

/** By whom and why, for the history. */
export interface Cause {
  actor: string;
  reason?: string;
}

/**
 * The ledger after an event. Pure: the same arguments give the same ledger, and the old one is left as it was.
 *
 * @param now milliseconds since the epoch
 * @throws LockstepError with a stable code when the event is not allowed in the version's state
 */
export function applyEvent(ledger: Ledger, event: LedgerEvent, cause: Cause, now: number): Ledger {
  const { actor, reason } = cause;
  const changed = change(ledger, event, cause, now);
  return {
    ...ledger,
    ...changed,
    revision: ledger.revision + 1,
    history: [
      ...ledger.history,
      { at: now, actor, event: event.type, version: event.id, ...(reason !== undefined && { reason }) },
    ],
  };
}

/** Whether `applyEvent` would accept the event: for writers that must not mind when another one was faster. */
export function isAllowed(ledger: Ledger, event: Exclude<LedgerEvent, { type: "deploy" }>): boolean {
  const version = ledger.versions[event.id];
  return version !== undefined && refusal(event, version) === undefined;
}

type Changed = Pick<Ledger, "versions"> & Partial<Pick<Ledger, "current">>;

function change(ledger: Ledger, event: LedgerEvent, cause: Cause, now: number): Changed {
  if (event.type === "deploy") return deploy(ledger, event, cause, now);
  const version = ledger.versions[event.id];
  if (version === undefined)
    throw new LockstepError("VERSION_UNKNOWN", `There is no version ${event.id} in the ledger.`);
  const refused = refusal(event, version);
  if (refused !== undefined) throw refused;
  if (event.type === "promote") return promote(ledger, event.id, version, now);
  if (event.type === "forget") {
    const { [event.id]: _, ...versions } = ledger.versions;
    return { versions };
  }
  return { versions: { ...ledger.versions, [event.id]: next(event, version, cause, now) } };
}

function deploy(
  ledger: Ledger,
  event: Extract<LedgerEvent, { type: "deploy" }>,
  { actor }: Cause,
  now: number,
): Changed {
  const { id, plan, maxVersions } = event;
  if (Object.hasOwn(ledger.versions, id))
    throw new LockstepError("VERSION_EXISTS", `${id} is in the ledger (${ledger.versions[id]!.state}).`);
  const slot = freeSlot(ledger);
  refuseTooMany(ledger, maxVersions);
  const version: Version = { state: "deploying", slot, ...plan, actor, createdAt: now };
  return { versions: { ...ledger.versions, [id]: version } };
}

/** @throws LockstepError TOO_MANY_VERSIONS when one more would pass `protection.maxVersions` */
export function refuseTooMany(ledger: Ledger, maxVersions: number): void {
  const living = livingCount(ledger);
  if (living >= maxVersions)
    throw new LockstepError(
      "TOO_MANY_VERSIONS",
      `${living} versions run, and protection.maxVersions is ${maxVersions}.`,
    );
}

function promote(ledger: Ledger, id: string, version: Version, now: number): Changed {
  const versions = { ...ledger.versions };
  const old = ledger.current;
  if (old !== undefined) versions[old] = { ...versions[old]!, state: "superseded", supersededAt: now };
  const { supersededAt: _, ...rest } = version;
  versions[id] = { ...rest, state: "current", promotedAt: now };
  return { versions, current: id };
}

function next(
  event: Exclude<LedgerEvent, { type: "deploy" | "promote" | "forget" }>,
  version: Version,
  { reason }: Cause,
  now: number,
): Version {
  const why = reason !== undefined && { reason };
  switch (event.type) {
    case "publish":
      return { ...version, state: "published", publishedAt: now, targetGroupArn: event.targetGroupArn };
    case "fail":
      return { ...version, state: "failed", failedAt: now, ...why };
    case "drain":
      return { ...version, state: "draining", drainingAt: now, ...why };
    case "unroute":
      return { ...version, unroutedAt: now };
    case "dismantle":
      return { ...version, dismantledAt: now };
    case "retire": {
      const { slot: _, ...rest } = version;
      return { ...rest, state: "retired", retiredAt: now };
    }
    case "delete-files":
      return { ...version, filesDeletingAt: now };
  }
}

const FROM: Record<Exclude<LedgerEvent["type"], "deploy">, readonly VersionState[]> = {
  publish: ["deploying"],
  promote: ["published", "superseded"],
  fail: ["deploying"],
  drain: ["published", "superseded"],
  unroute: ["draining"],
  dismantle: ["draining", "failed"],
  retire: ["draining", "failed"],
  "delete-files": ["retired"],
  forget: ["retired"],
};

/** Why an event is not allowed; `undefined` when it is. */
function refusal(
  event: Exclude<LedgerEvent, { type: "deploy" }>,
  version: Version,
): LockstepError | undefined {
  const { id, type } = event;
  if (version.state === "current" && (type === "drain" || type === "retire"))
    return new LockstepError("IS_CURRENT", `${id} is current.`);
  if (!FROM[type].includes(version.state))
    return new LockstepError(
      "WRONG_STATE",
      `${type} ${id}: it is ${version.state}, and must be ${FROM[type].join(" or ")}.`,
    );
  if (type === "unroute" && version.unroutedAt !== undefined)
    return new LockstepError("WRONG_STATE", `${id} is known to be out of the map already.`);
  if (type === "dismantle" && version.state === "draining" && version.unroutedAt === undefined)
    return new LockstepError("WRONG_STATE", `dismantle ${id}: edges may still route to it.`);
  if (type === "retire" && version.dismantledAt === undefined)
    return new LockstepError("WRONG_STATE", `retire ${id}: its stack was not deleted yet.`);
  return undefined;
}

import type { Ledger, Version } from "./ledger.ts";
import { LockstepError } from "./lockstep-error.ts";
import { refusal } from "./refusal.ts";
import { freeSlot, livingCount } from "./slots.ts";

/** What is known of a version before anything of it exists. */
export type VersionPlan = Pick<
  Version,
  "git" | "held" | "host" | "targetGroup" | "stack" | "service" | "image" | "files"
>;

/** Everything that can happen. `deploy` creates a version's record, `forget` removes it; `raise-floor` is about all of them. */
export type LedgerEvent =
  | { type: "deploy"; id: string; plan: VersionPlan; maxVersions: number }
  | { type: "publish"; id: string; targetGroupArn: string }
  /** `unless` something else became current meanwhile: any other version than `notOver`, or one that is newer than `id`. */
  | { type: "promote"; id: string; unless?: { notOver: string } | "newer" }
  | { type: "fail"; id: string }
  | { type: "drain"; id: string }
  /** Its pages are forced off it, whoever still uses it. */
  | { type: "recall"; id: string }
  /** Versions below `id` are gone. */
  | { type: "raise-floor"; id: string }
  /** A version that drains is wanted again, while everything of it still stands. */
  | { type: "revive"; id: string }
  /** Its pages are told when it ends. */
  | { type: "announce"; id: string; endsAt: number }
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
  const revision = ledger.revision + 1;
  return {
    ...ledger,
    ...changed,
    revision,
    history: [
      ...ledger.history,
      {
        revision,
        at: now,
        actor,
        event: event.type,
        version: event.id,
        ...(reason !== undefined && { reason }),
      },
    ],
  };
}

/** Whether `applyEvent` would accept the event: for writers that must not mind when another one was faster. */
export function isAllowed(ledger: Ledger, event: Exclude<LedgerEvent, { type: "deploy" }>): boolean {
  return refusal(ledger, event) === undefined;
}

type Changed = Partial<Pick<Ledger, "versions" | "current" | "floor">>;

function change(ledger: Ledger, event: LedgerEvent, cause: Cause, now: number): Changed {
  if (event.type === "deploy") return deploy(ledger, event, cause, now);
  const refused = refusal(ledger, event);
  if (refused !== undefined) throw refused;
  const { id } = event;
  switch (event.type) {
    case "raise-floor":
      return { floor: id };
    case "promote":
      return promote(ledger, id, now);
    case "forget": {
      const { [id]: _, ...versions } = ledger.versions;
      return { versions };
    }
    default:
      return { versions: { ...ledger.versions, [id]: next(event, ledger.versions[id]!, cause, now) } };
  }
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

function promote(ledger: Ledger, id: string, now: number): Changed {
  const versions = { ...ledger.versions };
  const old = ledger.current;
  if (old !== undefined) versions[old] = { ...versions[old]!, state: "superseded", supersededAt: now };
  // It was proven to every edge before: that it came back once is settled.
  const {
    supersededAt: _superseded,
    endsAt: _ends,
    held: _held,
    revivedAt: _revived,
    ...rest
  } = versions[id]!;
  versions[id] = { ...rest, state: "current", promotedAt: now };
  return { versions, current: id };
}

function next(
  event: Exclude<LedgerEvent, { type: "deploy" | "promote" | "forget" | "raise-floor" }>,
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
    case "recall":
      return {
        ...version,
        state: "draining",
        drainingAt: version.drainingAt ?? now,
        recalledAt: now,
        ...why,
      };
    case "revive":
      return revived(version, now);
    case "announce":
      return { ...version, endsAt: event.endsAt };
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

/** As it was before it drained; its time as a superseded version begins anew, because somebody wants it. */
function revived(version: Version, now: number): Version {
  const { drainingAt: _draining, unroutedAt: _unrouted, endsAt: _ends, reason: _reason, ...rest } = version;
  return version.promotedAt === undefined
    ? { ...rest, state: "published", publishedAt: now, revivedAt: now }
    : { ...rest, state: "superseded", supersededAt: now, revivedAt: now };
}

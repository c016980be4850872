import { LockstepError } from "../base/lockstep-error.ts";
import type { Ledger, Version } from "./ledger.ts";
import type { Cause, LaterEvent, LedgerEvent } from "./ledger-event.ts";
import { refusal } from "./refusal.ts";
import { freeSlot, livingCount } from "./slots.ts";

/**
 * Returns the ledger after an event. Pure: does not change its argument.
 *
 * @param now milliseconds since the epoch
 * @throws LockstepError if the event is not allowed in the version's state
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

/** Whether `applyEvent` accepts the event. For processes that continue if another process made the change first. */
export function isAllowed(ledger: Ledger, event: LaterEvent): boolean {
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
    throw new LockstepError(
      "VERSION_EXISTS",
      `${id} is already in the ledger (${ledger.versions[id]!.state}).`,
    );
  const slot = freeSlot(ledger);
  refuseTooMany(ledger, maxVersions);
  const version: Version = { state: "deploying", slot, ...plan, actor, createdAt: now };
  return { versions: { ...ledger.versions, [id]: version } };
}

/** @throws LockstepError TOO_MANY_VERSIONS if one more version would exceed `protection.maxVersions` */
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
  // Every edge has answered with it, so it no longer matters that it was revived.
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
  event: Exclude<LaterEvent, { type: "promote" | "forget" | "raise-floor" }>,
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

/** The version as before it drained. Its grace time and its window start again. */
function revived(version: Version, now: number): Version {
  const { drainingAt: _draining, unroutedAt: _unrouted, endsAt: _ends, reason: _reason, ...rest } = version;
  return version.promotedAt === undefined
    ? { ...rest, state: "published", publishedAt: now, revivedAt: now }
    : { ...rest, state: "superseded", supersededAt: now, revivedAt: now };
}

import { formatAge, formatCount } from "../../base/format.ts";
import type { Ledger, Version } from "../../lifecycle/ledger.ts";
import type { Releases } from "../../lifecycle/release-lease.ts";
import { livingCount } from "../../lifecycle/slots.ts";
import type { Capacity } from "../evidence/capacity.ts";
import type { RequestEvidence } from "../evidence/request-evidence.ts";
import { expiryOf, windowEndOf } from "./expiry.ts";
import type { Orphan } from "./find-orphans.ts";
import { keptForRollback } from "./kept-for-rollback.ts";
import { planUpkeep, type Upkeep } from "./plan-upkeep.ts";
import { metricLagSeconds, type RetirementPolicy } from "./policy.ts";

export interface Activity {
  /** Evidence by version id, for versions that the edge may route to. */
  requests: Readonly<Record<string, RequestEvidence>>;
  releases: Releases;
}

export interface Resources {
  /** Tasks and scaling by version id. If they could not be read, this is absent and nothing is scaled. */
  capacity?: ReadonlyMap<string, Capacity>;
  orphans: readonly Orphan[];
}

export type ActionKind = "fail" | "remove" | "drain" | "finish" | "delete-files";

/** A decision about a version and its reason: `code` for machines, `reason` for people. */
interface Decision {
  id: string;
  code: string;
  reason: string;
}

export interface Action extends Decision {
  do: ActionKind;
}

export interface Kept extends Decision {
  /** The latest or the earliest time of its retirement, depending on `code`. Milliseconds since the epoch. */
  until?: number;
  /** When it is retired if it is not used again. Milliseconds since the epoch. */
  ifUnused?: number;
}

export interface RetirementPlan {
  /** Decisions to act on a version. Every version is either here or in `kept`. */
  actions: Action[];
  /** Decisions to keep a version. */
  kept: Kept[];
  /** Changes to versions that are kept. */
  upkeep: Upkeep[];
  /** Resources to remove, because they belong to no version. */
  orphans: Orphan[];
}

/**
 * Decides about every version, oldest first. Pure. The current version is never retired, and unknown use is never idle.
 *
 * @param now milliseconds since the epoch
 */
export function planRetirement(
  ledger: Ledger,
  activity: Activity,
  resources: Resources,
  policy: RetirementPolicy,
  now: number,
): RetirementPlan {
  const crowded = livingCount(ledger) >= policy.maxVersions;
  const forRollback = keptForRollback(ledger, policy, now);
  const decisions = Object.keys(ledger.versions)
    .sort()
    .map((id) => decide(id, ledger.versions[id]!, { activity, policy, now, crowded, forRollback }));
  const kept = decisions.filter((decision): decision is Kept => !("do" in decision));
  return {
    actions: decisions.filter((decision): decision is Action => "do" in decision),
    kept,
    upkeep: planUpkeep(
      kept.map(({ id }) => id),
      { ledger, requests: activity.requests, capacity: resources.capacity, policy, forRollback, now },
    ),
    orphans: resources.orphans.filter(({ id }) => !policy.keep.includes(id)),
  };
}

interface Circumstances {
  activity: Activity;
  policy: RetirementPolicy;
  now: number;
  crowded: boolean;
  forRollback: ReadonlySet<string>;
}

function decide(id: string, version: Version, circumstances: Circumstances): Action | Kept {
  const { activity, policy, now } = circumstances;
  const release = activity.releases.get(id);
  switch (version.state) {
    case "current":
      return { id, code: "current", reason: "current" };
    case "deploying":
      if (release === "running") return { id, code: "releasing", reason: "its release is running" };
      return { do: "fail", id, code: "abandoned", reason: "its release ended before it was published" };
    case "failed":
      if (release === "running")
        return { id, code: "releasing", reason: "its release failed and is cleaning up" };
      return { do: "remove", id, code: "failed", reason: version.reason ?? "its release failed" };
    case "published":
      if (release === "running") return { id, code: "releasing", reason: "its release is running" };
      if (release === "died" && !version.held)
        return { do: "drain", id, code: "abandoned", reason: "its release ended before it was promoted" };
      return decideByUse(id, version, circumstances);
    case "superseded":
      return decideByUse(id, version, circumstances);
    case "draining":
      return { do: "finish", id, code: "draining", reason: version.reason ?? "it is being retired" };
    case "retired":
      return decideFiles(id, version.retiredAt ?? now, policy, now);
  }
}

function decideByUse(id: string, version: Version, circumstances: Circumstances): Action | Kept {
  const { activity, policy, now } = circumstances;
  if (policy.keep.includes(id)) return { id, code: "kept", reason: "listed in janitor.keep" };
  const windowEnd = windowEndOf(version, policy);
  const expiry = expiryOf(version, policy);
  if (expiry !== undefined && now >= expiry)
    return {
      do: "drain",
      id,
      code: "past-window",
      reason: `its window of ${formatAge(policy.windowSeconds * 1000)} ended ${formatAge(now - windowEnd)} ago`,
    };
  const until = expiry ?? Math.max(windowEnd, now + policy.warnSeconds * 1000);
  const evidence = activity.requests[id];
  if (evidence === undefined || !evidence.known)
    return {
      id,
      code: "unknown",
      reason: `it is unknown whether it is in use: ${evidence?.why ?? "no metric was read"}`,
      until,
    };
  return decideKnown(id, version, evidence, until, circumstances);
}

function decideKnown(
  id: string,
  version: Version,
  evidence: Extract<RequestEvidence, { known: true }>,
  until: number,
  { policy, now, crowded, forRollback }: Circumstances,
): Action | Kept {
  const since = version.supersededAt ?? version.publishedAt ?? version.createdAt;
  const graceEnds = since + policy.graceSeconds * 1000;
  const quietMs = (policy.idleSeconds + metricLagSeconds(policy)) * 1000;
  const idleAt = (evidence.lastAt ?? evidence.from) + quietMs;
  const used = useText(evidence, now);
  if (now < idleAt) {
    const ifUnused = Math.max(idleAt, graceEnds);
    return { id, code: "in-use", reason: used, until, ...(evidence.open ? {} : { ifUnused }) };
  }
  if (forRollback.has(id)) {
    const rollbackEnds = since + policy.rollbackSeconds * 1000;
    return { id, code: "rollback", reason: `${used}; kept for a rollback`, until: rollbackEnds };
  }
  // The version received no requests before it was published, so that time does not count as idle.
  const youngUntil = (version.publishedAt ?? 0) + quietMs;
  const young = now < youngUntil;
  if (now >= graceEnds && !young)
    return { do: "drain", id, code: "idle", reason: `${used}, past its grace time` };
  if (crowded && !young)
    return {
      do: "drain",
      id,
      code: "crowded",
      reason: `${used}; ${policy.maxVersions} versions run, and the next release needs a slot`,
    };
  const reason = `${used}; ${version.state} ${formatAge(now - since)} ago, in its grace time`;
  return { id, code: "grace", reason, until: Math.max(graceEnds, youngUntil) };
}

/** "last request 3 h ago, 0 open connections". Open connections are shown if the service reports them. */
function useText({ from, lastAt, open }: Extract<RequestEvidence, { known: true }>, now: number): string {
  const connections = open === undefined ? "" : `, ${formatCount(open, "open connection")}`;
  if (open) return formatCount(open, "open connection");
  if (lastAt === undefined) return `no request for ${formatAge(now - from)}${connections}`;
  return `${lastRequestText(now - lastAt)}${connections}`;
}

/** Requests are counted per minute, so the age of the last one is known to a minute. */
function lastRequestText(ageMs: number): string {
  return ageMs < 60_000 ? "last request within the last 2 min" : `last request ${formatAge(ageMs)} ago`;
}

function decideFiles(id: string, retiredAt: number, policy: RetirementPolicy, now: number): Action | Kept {
  if (policy.keep.includes(id)) return { id, code: "kept", reason: "listed in janitor.keep" };
  const until = retiredAt + policy.filesSeconds * 1000;
  const reason = `retired ${formatAge(now - retiredAt)} ago`;
  if (now >= until) return { do: "delete-files", id, code: "unlisted", reason };
  return { id, code: "files-kept", reason: `${reason}; its files are kept for returning pages`, until };
}

import type { Ledger, Version } from "../lifecycle/ledger.ts";
import { livingCount } from "../lifecycle/slots.ts";
import type { Orphan } from "./find-orphans.ts";
import { keptForRollback } from "./kept-for-rollback.ts";
import { planUpkeep, type Upkeep } from "./plan-upkeep.ts";
import { metricLagSeconds, type RetirementPolicy } from "./policy.ts";
import type { RequestEvidence } from "./request-evidence.ts";
import type { RunsOn } from "./resources.ts";
import { announcedEnd, ceilingOf } from "./version-end.ts";
import { formatAge, formatCount } from "./words.ts";

export interface Activity {
  /** By version, of those to which the edge may route. */
  requests: Readonly<Record<string, RequestEvidence>>;
  /** Releases that left a lease, and whether they live. A release that ended leaves none. */
  releases: ReadonlyMap<string, "running" | "died">;
}

export interface Resources {
  /** By version; absent when it could not be read: then nothing is scaled. */
  runsOn?: ReadonlyMap<string, RunsOn>;
  orphans: readonly Orphan[];
}

export type ActionKind = "fail" | "remove" | "drain" | "finish" | "delete-files";

/** What is to be done, and why: `code` for machines, `reason` for people. */
interface Decision {
  id: string;
  code: string;
  reason: string;
}

export interface Action extends Decision {
  do: ActionKind;
}

export interface Kept extends Decision {
  /** When it goes at the latest, or earliest (see `code`); milliseconds since the epoch. */
  until?: number;
  /** When it goes if nobody uses it any more; milliseconds since the epoch. */
  ifUnused?: number;
}

export interface RetirementPlan {
  /** Exactly one decision for every version: here what is to be done … */
  actions: Action[];
  /** … and here what stays. */
  kept: Kept[];
  /** Done to versions that stay. */
  upkeep: Upkeep[];
  /** To be removed: they belong to no version. */
  orphans: Orphan[];
}

/**
 * Decides about every version. Pure. The current version is never touched, an unknown is never idle, and every decision
 * has its reason. Oldest first.
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
      { ledger, requests: activity.requests, runsOn: resources.runsOn, policy, forRollback, now },
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
      if (release === "running") return { id, code: "releasing", reason: "its release is under way" };
      return { do: "fail", id, code: "abandoned", reason: "its release ended before it was published" };
    case "failed":
      if (release === "running")
        return { id, code: "releasing", reason: "its release failed and is cleaning up" };
      return { do: "remove", id, code: "failed", reason: version.reason ?? "its release failed" };
    case "published":
      if (release === "running") return { id, code: "releasing", reason: "its release is under way" };
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
  if (policy.keep.includes(id)) return { id, code: "kept", reason: "janitor.keep names it" };
  const ceiling = ceilingOf(version, policy);
  const end = announcedEnd(version, policy);
  if (end !== undefined && now >= end)
    return {
      do: "drain",
      id,
      code: "past-window",
      reason: `its window of ${formatAge(policy.windowSeconds * 1000)} ended ${formatAge(now - ceiling)} ago`,
    };
  const until = end ?? Math.max(ceiling, now + policy.warnSeconds * 1000);
  const evidence = activity.requests[id];
  if (evidence === undefined || !evidence.known)
    return {
      id,
      code: "unknown",
      reason: `whether it is in use is unknown: ${evidence?.why ?? "nothing was read"}`,
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
  const used = useWords(evidence, now);
  if (now < idleAt) {
    const ifUnused = Math.max(idleAt, graceEnds);
    return { id, code: "in-use", reason: used, until, ...(evidence.open ? {} : { ifUnused }) };
  }
  if (forRollback.has(id)) {
    const rollbackEnds = since + policy.rollbackSeconds * 1000;
    return { id, code: "rollback", reason: `${used}; kept for a rollback`, until: rollbackEnds };
  }
  // Nobody could ask it before it was published: that it was quiet then says nothing.
  const youngUntil = (version.publishedAt ?? 0) + quietMs;
  const young = now < youngUntil;
  if (now >= graceEnds && !young)
    return { do: "drain", id, code: "idle", reason: `${used}, past its grace time` };
  if (crowded && !young)
    return {
      do: "drain",
      id,
      code: "crowded",
      reason: `${used}; ${policy.maxVersions} versions run, and the next release needs room`,
    };
  const reason = `${used}; ${version.state} ${formatAge(now - since)} ago, in its grace time`;
  return { id, code: "grace", reason, until: Math.max(graceEnds, youngUntil) };
}

/** "last request 3 h ago, 0 open connections"; what is open is said when its API tells of it. */
function useWords({ from, lastAt, open }: Extract<RequestEvidence, { known: true }>, now: number): string {
  const connections = open === undefined ? "" : `, ${formatCount(open, "open connection")}`;
  if (open) return formatCount(open, "open connection");
  if (lastAt === undefined) return `no request for ${formatAge(now - from)}${connections}`;
  return `${lastUseWords(now - lastAt)}${connections}`;
}

/** Requests are counted by the minute: within the last one, nobody knows how long ago. */
function lastUseWords(ageMs: number): string {
  return ageMs < 60_000 ? "asked for within the last two minutes" : `last request ${formatAge(ageMs)} ago`;
}

function decideFiles(id: string, retiredAt: number, policy: RetirementPolicy, now: number): Action | Kept {
  if (policy.keep.includes(id)) return { id, code: "kept", reason: "janitor.keep names it" };
  const until = retiredAt + policy.filesSeconds * 1000;
  const reason = `retired ${formatAge(now - retiredAt)} ago`;
  if (now >= until) return { do: "delete-files", id, code: "unlisted", reason };
  return { id, code: "files-kept", reason: `${reason}; its files stay for returning pages`, until };
}

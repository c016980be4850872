import type { Ledger, Version } from "../lifecycle/ledger.ts";
import { livingCount } from "../lifecycle/slots.ts";
import { formatAge } from "./words.ts";

/** What was found out about the requests to a version. */
export type RequestEvidence =
  /** Every reading of the time looked at was got. `lastAt`: end of the last minute with a request, if there was one. */
  | { known: true; from: number; lastAt?: number }
  /** A reading is missing: that is no zero. */
  | { known: false; why: string };

export interface Activity {
  requests: Readonly<Record<string, RequestEvidence>>;
  /** Releases that left a lease, and whether they live. A release that ended leaves none. */
  releases: ReadonlyMap<string, "running" | "died">;
}

/** When a version may go. All in seconds but `maxVersions`. */
export interface RetirementPolicy {
  /** A superseded version stays at least this long … */
  graceSeconds: number;
  /** … and until nobody asked for it this long … */
  idleSeconds: number;
  /** … but never longer than this. */
  windowSeconds: number;
  /** When so many run that the next release would be refused, idle versions do not wait for the grace time. */
  maxVersions: number;
  /** Files stay this long after the version that listed them. */
  filesSeconds: number;
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
}

export interface RetirementPlan {
  actions: Action[];
  kept: Kept[];
}

/**
 * Requests are counted once a minute and take up to about two to show in CloudWatch. A shorter idle time counts for
 * itself, so that short local settings work.
 */
export const METRIC_LAG_SECONDS = 120;

export function metricLagSeconds({ idleSeconds }: Pick<RetirementPolicy, "idleSeconds">): number {
  return Math.min(METRIC_LAG_SECONDS, idleSeconds);
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
  policy: RetirementPolicy,
  now: number,
): RetirementPlan {
  const crowded = livingCount(ledger) >= policy.maxVersions;
  const decisions = Object.keys(ledger.versions)
    .sort()
    .map((id) => decide(id, ledger.versions[id]!, { activity, policy, now, crowded }));
  return {
    actions: decisions.filter((decision): decision is Action => "do" in decision),
    kept: decisions.filter((decision): decision is Kept => !("do" in decision)),
  };
}

interface Circumstances {
  activity: Activity;
  policy: RetirementPolicy;
  now: number;
  crowded: boolean;
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
      return decideByUse(id, version.publishedAt ?? version.createdAt, circumstances);
    case "superseded":
      return decideByUse(id, version.supersededAt ?? version.createdAt, circumstances);
    case "draining":
      return { do: "finish", id, code: "draining", reason: version.reason ?? "it is being retired" };
    case "retired":
      return decideFiles(id, version.retiredAt ?? now, policy, now);
  }
}

/** @param since when it stopped to be what new page loads get */
function decideByUse(id: string, since: number, circumstances: Circumstances): Action | Kept {
  const { activity, policy, now, crowded } = circumstances;
  const ceiling = since + policy.windowSeconds * 1000;
  const graceEnds = since + policy.graceSeconds * 1000;
  if (now >= ceiling)
    return {
      do: "drain",
      id,
      code: "past-window",
      reason: `superseded ${formatAge(now - since)} ago; the window is ${formatAge(policy.windowSeconds * 1000)}`,
    };
  const evidence = activity.requests[id];
  if (evidence === undefined || !evidence.known)
    return {
      id,
      code: "unknown",
      reason: `whether it is in use is unknown: ${evidence?.why ?? "nothing was read"}`,
      until: ceiling,
    };
  const quietSince = evidence.lastAt ?? evidence.from;
  const idleAt = quietSince + (policy.idleSeconds + metricLagSeconds(policy)) * 1000;
  const last =
    evidence.lastAt === undefined
      ? `no request for ${formatAge(now - evidence.from)}`
      : lastRequestWords(now - evidence.lastAt);
  if (now < idleAt) return { id, code: "in-use", reason: last, until: ceiling };
  if (now >= graceEnds) return { do: "drain", id, code: "idle", reason: `${last}, past its grace time` };
  if (crowded)
    return {
      do: "drain",
      id,
      code: "crowded",
      reason: `${last}; ${policy.maxVersions} versions run, and the next release needs room`,
    };
  return {
    id,
    code: "grace",
    reason: `${last}; superseded ${formatAge(now - since)} ago, in its grace time`,
    until: graceEnds,
  };
}

/** Requests are counted by the minute: within the last one, nobody knows how long ago. */
function lastRequestWords(ageMs: number): string {
  return ageMs < 60_000 ? "asked for within the last two minutes" : `last request ${formatAge(ageMs)} ago`;
}

function decideFiles(id: string, retiredAt: number, policy: RetirementPolicy, now: number): Action | Kept {
  const until = retiredAt + policy.filesSeconds * 1000;
  const reason = `retired ${formatAge(now - retiredAt)} ago`;
  if (now >= until) return { do: "delete-files", id, code: "unlisted", reason };
  return { id, code: "files-kept", reason: `${reason}; its files stay for returning pages`, until };
}

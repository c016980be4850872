import type { Version } from "../lifecycle/ledger.ts";
import type { RetirementPolicy } from "./policy.ts";

/** When the window of a version ends; milliseconds since the epoch. */
export function ceilingOf(
  { supersededAt, publishedAt, createdAt }: Version,
  { windowSeconds }: Pick<RetirementPolicy, "windowSeconds">,
): number {
  return (supersededAt ?? publishedAt ?? createdAt) + windowSeconds * 1000;
}

/**
 * When a version ends whoever uses it: not before its window does, nor before the moment that its pages were told. `undefined`
 * while they were not told: an end without a warning is none.
 */
export function announcedEnd(
  version: Version,
  policy: Pick<RetirementPolicy, "windowSeconds" | "warnSeconds">,
): number | undefined {
  const ceiling = ceilingOf(version, policy);
  if (policy.warnSeconds === 0) return ceiling;
  return version.endsAt === undefined ? undefined : Math.max(ceiling, version.endsAt);
}

/** The moment that its pages should be told now; `undefined` when they know it, or it is too early. */
export function endToAnnounce(
  version: Version,
  policy: Pick<RetirementPolicy, "windowSeconds" | "warnSeconds" | "everySeconds">,
  now: number,
): number | undefined {
  const { warnSeconds, everySeconds } = policy;
  if (warnSeconds === 0) return undefined;
  const ceiling = ceilingOf(version, policy);
  // The window was raised since: what pages were told is not true any more.
  if (version.endsAt !== undefined) return version.endsAt < ceiling ? ceiling : undefined;
  // One run early rather than one late.
  if (now < ceiling - (warnSeconds + everySeconds) * 1000) return undefined;
  return Math.max(ceiling, now + warnSeconds * 1000);
}

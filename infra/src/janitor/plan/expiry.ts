import type { Version } from "../../lifecycle/ledger.ts";
import type { RetirementPolicy } from "./policy.ts";

/** The end of a version's window. Milliseconds since the epoch. */
export function windowEndOf(
  { supersededAt, publishedAt, createdAt }: Version,
  { windowSeconds }: Pick<RetirementPolicy, "windowSeconds">,
): number {
  return (supersededAt ?? publishedAt ?? createdAt) + windowSeconds * 1000;
}

/**
 * When a version expires, even if it is in use: when its window has ended and the announced time has come. `undefined`
 * until its pages are warned, because a version never expires without a warning. Milliseconds since the epoch.
 */
export function expiryOf(
  version: Version,
  policy: Pick<RetirementPolicy, "windowSeconds" | "warnSeconds">,
): number | undefined {
  const windowEnd = windowEndOf(version, policy);
  if (policy.warnSeconds === 0) return windowEnd;
  return version.endsAt === undefined ? undefined : Math.max(windowEnd, version.endsAt);
}

/**
 * The expiry that the version's pages must be warned of now; `undefined` if they were warned, or if it is too early.
 */
export function expiryToAnnounce(
  version: Version,
  policy: Pick<RetirementPolicy, "windowSeconds" | "warnSeconds" | "everySeconds">,
  now: number,
): number | undefined {
  const { warnSeconds, everySeconds } = policy;
  if (warnSeconds === 0) return undefined;
  const windowEnd = windowEndOf(version, policy);
  // If the window was raised since, the announced time is too early.
  if (version.endsAt !== undefined) return version.endsAt < windowEnd ? windowEnd : undefined;
  // One run early rather than one run late.
  if (now < windowEnd - (warnSeconds + everySeconds) * 1000) return undefined;
  return Math.max(windowEnd, now + warnSeconds * 1000);
}

import type { Hub } from "./page/hub.ts";

/**
 * - `current`: as new as can be.
 * - `outdated`: another version is current, this one still answers.
 * - `ending`: the same, and its end is announced.
 * - `gone`: it answers no more. Only a reload helps.
 */
export type Status = "current" | "outdated" | "ending" | "gone";

/** What a page knows about its version. A new object with every change, and only then. */
export interface LockstepState {
  /** The version of this page; `undefined` without a stamp (the dev server). */
  readonly version: string | undefined;
  /** The current version as far as this page has heard; `undefined` before the first news. */
  readonly current: string | undefined;
  readonly status: Status;
  /**
   * While `ending`: when, in milliseconds of this machine's clock, so that `endsAt - Date.now()` is right and the hour is the one
   * that the reader's own clock will show, however wrong it is.
   */
  readonly endsAt: number | undefined;
}

/** A page's clock is compared with the edge's in whole minutes: the edge tells seconds, and the way takes its time. */
const MINUTE_MS = 60_000;

/** What a page knows, from the news that it has heard. */
export function toState({ version, news, isGone }: Pick<Hub, "version" | "news" | "isGone">): LockstepState {
  const end = news?.ending?.[version ?? ""];
  let status: Status = end ? "ending" : "outdated";
  if (version === undefined || news === undefined || news.current === version) status = "current";
  if (version !== undefined && (isGone || (news?.floor && version < news.floor))) status = "gone";
  const aheadMs = Math.round((news?.aheadMs || 0) / MINUTE_MS) * MINUTE_MS;
  const endsAt = status === "ending" ? end! * 1000 + aheadMs : undefined;
  return { version, current: news?.current, status, endsAt };
}

/** Whether there is nothing to tell anybody. */
export function isSameState(a: LockstepState, b: LockstepState): boolean {
  return a.status === b.status && a.current === b.current && a.endsAt === b.endsAt;
}

import type { Hub } from "./page/hub.ts";

/**
 * - `current`: the page has the current version.
 * - `outdated`: another version is current, and this one still works.
 * - `ending`: like `outdated`, and the end of this version is announced (`endsAt`).
 * - `gone`: this version no longer works. Only a reload helps.
 */
export type Status = "current" | "outdated" | "ending" | "gone";

/** Version state of a page. Each change creates a new object. */
export interface LockstepState {
  /** Version of this page. `undefined` without a stamp (dev server). */
  readonly version: string | undefined;
  /** Current version according to the last status that this page received. `undefined` before the first one. */
  readonly current: string | undefined;
  readonly status: Status;
  /**
   * End of this version while `status` is `ending`, in milliseconds since the epoch by this machine's clock. It is
   * corrected for a wrong clock: `endsAt - Date.now()` is the remaining time, and the user's clock shows this time when
   * the version ends.
   */
  readonly endsAt: number | undefined;
}

/**
 * Unit to which the difference between the page's clock and the edge's is rounded: the edge reports whole seconds, and
 * its response takes time to arrive.
 */
const MINUTE_MS = 60_000;

/** Derives the state of a page from the news that it received. */
export function toState({ version, news, isGone }: Pick<Hub, "version" | "news" | "isGone">): LockstepState {
  const end = news?.ending?.[version ?? ""];
  let status: Status = end ? "ending" : "outdated";
  if (version === undefined || news === undefined || news.current === version) status = "current";
  if (version !== undefined && (isGone || (news?.floor && version < news.floor))) status = "gone";
  const aheadMs = Math.round((news?.aheadMs || 0) / MINUTE_MS) * MINUTE_MS;
  const endsAt = status === "ending" ? end! * 1000 + aheadMs : undefined;
  return { version, current: news?.current, status, endsAt };
}

/** Whether two states are the same for subscribers. */
export function isSameState(a: LockstepState, b: LockstepState): boolean {
  return a.status === b.status && a.current === b.current && a.endsAt === b.endsAt;
}

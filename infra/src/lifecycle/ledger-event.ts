import type { Version } from "./ledger.ts";

/** The fields of a version that are known before it is created. */
export type VersionPlan = Pick<
  Version,
  "git" | "held" | "host" | "targetGroup" | "stack" | "service" | "image" | "files"
>;

/** The events of the ledger. `deploy` creates the entry of a version, `forget` removes it. */
export type LedgerEvent =
  | { type: "deploy"; id: string; plan: VersionPlan; maxVersions: number }
  | { type: "publish"; id: string; targetGroupArn: string }
  /** Refused if another version became current in the meantime: any version but `notOver`, or one newer than `id`. */
  | { type: "promote"; id: string; unless?: { notOver: string } | "newer" }
  | { type: "fail"; id: string }
  | { type: "drain"; id: string }
  /** Forces pages off the version. */
  | { type: "recall"; id: string }
  /** Makes all versions below `id` gone. */
  | { type: "raise-floor"; id: string }
  /** Makes a draining version routable again, before its stack is deleted. */
  | { type: "revive"; id: string }
  /** Warns the version's pages that it expires at `endsAt`. */
  | { type: "announce"; id: string; endsAt: number }
  /** The map without the version is in SSM. */
  | { type: "unroute"; id: string }
  /** The point of no return: its tasks and its stack are deleted next. */
  | { type: "dismantle"; id: string }
  | { type: "retire"; id: string }
  /** The janitor starts to delete the files that only this version lists. */
  | { type: "delete-files"; id: string }
  | { type: "forget"; id: string };

/** An event after `deploy`. */
export type LaterEvent = Exclude<LedgerEvent, { type: "deploy" }>;

/** Who made a change and why, for the history. */
export interface Cause {
  actor: string;
  reason?: string;
}

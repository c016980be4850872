import type { EventFailure } from "../../aws/event-bus.ts";
import type { Unfinished } from "../../versions/retire.ts";
import type { ResourceKind } from "../evidence/app-resources.ts";

/** What a run of the janitor did, what the next run continues, and what failed. */
export interface Outcome {
  /** In the order in which it was done. */
  done: Done[];
  postponed: Postponed[];
  /** A failure with one version does not stop the work on the others. */
  failed: Failure[];
  /** Events that EventBridge did not accept. They do not fail the run. */
  unsentEvents: EventFailure[];
}

export type Done =
  | { kind: "retired"; id: string }
  /** The status check warns the version's pages. `endsAt`: milliseconds since the epoch. */
  | { kind: "announced"; id: string; endsAt: number }
  | { kind: "restored"; id: string; tasks: number; reason: string }
  | { kind: "lowered-minimum"; id: string; fewest: number; reason: string }
  | { kind: "deleted-files"; ids: string[]; count: number }
  | { kind: "removed-orphan"; orphan: ResourceKind; name: string; reason: string };

export type Postponed =
  | { kind: "retirement"; id: string; why: Unfinished }
  /** `raced`: a version was added while the manifests were read. `busy`: another run may be deleting. */
  | { kind: "files"; why: "raced" | "busy" }
  | { kind: "orphan"; name: string; why: "stack" };

export interface Failure {
  /** A version id, or what the janitor worked on. */
  what: string;
  message: string;
}

export function emptyOutcome(): Outcome {
  return { done: [], postponed: [], failed: [], unsentEvents: [] };
}

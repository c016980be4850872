import type { VersionMap } from "@lockstep/edge/version-map";
import type { Pointer } from "../lifecycle/project-pointer.ts";

/** One thing that happens to a request on its way, and why. */
export interface ExplainStep {
  where: string;
  says: string;
}

/** Where a request ends. */
export type Destination =
  | { kind: "file"; key: string }
  | { kind: "api"; version: string; host: string; outcome: string; path: string }
  | { kind: "edge"; status: number; why: string };

export interface Explanation {
  steps: ExplainStep[];
  destination: Destination;
}

/** What the edge knows, as it is deployed now. */
export interface EdgeKnowledge {
  /** `undefined` when it cannot be read: edges go on with the last one they had. */
  map: VersionMap | undefined;
  pointer: Partial<Pointer>;
  /** The path table of the pointer, by key; empty or absent when there is none. */
  table?: Readonly<Record<string, string>>;
}

import type { VersionMap } from "@lockstep/edge/version-map";
import type { Pointer } from "../lifecycle/project-pointer.ts";

/** A step on the way of a request: what happens there, and why. */
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

/** The data that the edge decides with. */
export interface EdgeKnowledge {
  /** `undefined` if it cannot be read. Then edges use the last map that they read. */
  map: VersionMap | undefined;
  pointer: Partial<Pointer>;
  /** The path table of the pointer, by key; empty or absent if there is none. */
  table?: Readonly<Record<string, string>>;
}

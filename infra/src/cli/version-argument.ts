import { isVersionId } from "@lockstep/edge/version-id";
import { InvalidArgumentError } from "commander";

/** Parses a version id. Throws an error that commander reports as wrong use. */
export function versionArgument(value: string): string {
  if (isVersionId(value)) return value;
  throw new InvalidArgumentError("Not a version id. Example: 20261122-101500-1f3a9c2.");
}

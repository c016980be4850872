import { isVersionId } from "@lockstep/edge/version-id";
import { InvalidArgumentError } from "commander";

/** A version id as an argument. Throws what commander shows as wrong use. */
export function versionArgument(value: string): string {
  if (isVersionId(value)) return value;
  throw new InvalidArgumentError("It is no version id, such as 20261122-101500-1f3a9c2.");
}

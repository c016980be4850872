import { notImplemented } from "../../aws-error.ts";

/**
 * Refuses, by name, a member that would change behavior and is not implemented. A member with an empty value
 * (undefined, null, false, "", or a list or structure of such values) is accepted.
 */
export function refuseUnknown(where: string, value: object | undefined, known: readonly string[]): void {
  for (const [name, member] of Object.entries(value ?? {})) {
    if (!known.includes(name) && !isEmpty(member)) throw notImplemented(`cloudfront: ${where}.${name}`);
  }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "" || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}

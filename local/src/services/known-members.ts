import { notImplemented } from "../aws-error.ts";

/**
 * Refuses an input member that the action does not know and that holds something: a member that is silently ignored
 * would be a false success.
 *
 * @param action as messages name it, for example `ecs:CreateService`
 * @param known members that are honoured, or that change nothing that can be seen here
 */
export function refuseUnknown(action: string, input: object, known: readonly string[]): void {
  for (const [member, value] of Object.entries(input)) {
    if (!known.includes(member) && !isEmpty(value)) throw notImplemented(`${action}: ${member}`);
  }
}

/** What a client sends for "not used": nothing, false, an empty list or structure. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && !(value instanceof Uint8Array) && Object.values(value).every(isEmpty);
}

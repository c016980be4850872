import { notImplemented } from "../aws-error.ts";

/**
 * Refuses a non-empty input member that the action does not implement. Ignoring it would fake success.
 *
 * @param action name in messages, for example `ecs:CreateService`
 * @param known members that are implemented, or that have no visible effect here
 */
export function refuseUnknown(action: string, input: object, known: readonly string[]): void {
  for (const [member, value] of Object.entries(input)) {
    if (!known.includes(member) && !isEmpty(value)) throw notImplemented(`${action}: ${member}`);
  }
}

/** Whether a value means "not used": nothing, false, or an empty list or structure. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && !(value instanceof Uint8Array) && Object.values(value).every(isEmpty);
}

import { notImplemented } from "../aws-error.ts";

/**
 * Refuses an input with a member that an action does not honour, by name: a member that was silently dropped would be a
 * false success.
 *
 * @param operation `service:Action`, as in the refusal
 */
export function refuseUnhonoured(operation: string, input: object, honoured: readonly string[]): void {
  for (const [name, value] of Object.entries(input)) {
    if (value !== undefined && !honoured.includes(name)) throw notImplemented(`${operation} with ${name}`);
  }
}

import type { Ledger } from "./ledger.ts";
import type { Cause } from "./ledger-event.ts";

/**
 * Switches the page script off or on. Returns the same ledger if nothing changes. Pure. Not an event of `applyEvent`,
 * because events concern versions.
 *
 * @param now milliseconds since the epoch
 */
export function switchPageScript(
  ledger: Ledger,
  wanted: "on" | "off",
  { actor, reason }: Cause,
  now: number,
): Ledger {
  const { pageScript: before = "on", ...rest } = ledger;
  if (before === wanted) return ledger;
  const revision = ledger.revision + 1;
  const event = `script-${wanted}`;
  const entry = { revision, at: now, actor, event, ...(reason !== undefined && { reason }) };
  return {
    ...rest,
    ...(wanted === "off" && { pageScript: "off" }),
    revision,
    history: [...ledger.history, entry],
  };
}

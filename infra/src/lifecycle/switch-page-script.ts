import type { Ledger } from "./ledger.ts";
import type { Cause } from "./ledger-event.ts";

/**
 * The ledger with the page script switched off or on; the same ledger when it is so already. Pure, like `applyEvent`; no event of
 * its own, since it is about no version.
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

import type { LockstepConfig } from "../config/config.ts";
import { formatAge, formatMoment } from "../janitor/words.ts";
import type { ReleaseResult } from "../release/to-readers.ts";
import { nextCommand } from "./next-command.ts";

/** What is current, how long the one before stays, what to do next: to be pasted in a chat. */
export function releaseSummary(
  { id, previous, page, origin, ledger }: ReleaseResult,
  { protection }: Pick<LockstepConfig, "protection">,
  { now, tookMs, environment }: { now: number; tookMs: number; environment: NodeJS.ProcessEnv },
): string {
  if (page === "overtaken" && ledger.current !== undefined && ledger.current > id)
    return `${id} is published; ${ledger.current} is newer and became current meanwhile, so new pages get that.\nNext: ${nextCommand("npm run lockstep -- versions", environment)}\n`;
  if (page === "unchanged")
    return `${id} is published; new pages go on getting ${ledger.current ?? "nothing"} (${(tookMs / 1000).toFixed(1)} s).\nNext: ${nextCommand(`npm run lockstep -- promote ${id}`, environment)}\n`;
  const lines = [`Current is ${id} at ${origin}/ (released in ${(tookMs / 1000).toFixed(1)} s).`];
  if (page === "overtaken") lines[0] = `${id} was current; another release has become current since.`;
  const supersededAt = previous === undefined ? undefined : ledger.versions[previous]?.supersededAt;
  if (supersededAt !== undefined) {
    const { graceSeconds, idleSeconds, windowSeconds } = protection;
    const until = formatMoment(supersededAt + windowSeconds * 1000, now);
    lines.push(
      protection.enabled
        ? `Pages of ${previous} keep talking to it: at least ${formatAge(graceSeconds * 1000)}, then until nobody has asked for ${formatAge(idleSeconds * 1000)}, at most until ${until}.`
        : `Protection is off: pages of ${previous} talk to the new version from now on.`,
    );
  }
  lines.push(`Next: ${nextCommand("npm run lockstep -- versions", environment)}`);
  return `${lines.join("\n")}\n`;
}

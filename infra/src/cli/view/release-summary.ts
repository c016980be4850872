import { formatAge, formatMoment } from "../../base/format.ts";
import type { LockstepConfig } from "../../config/config.ts";
import type { ReleaseResult } from "../../release/publish/bring-to-users.ts";
import { nextCommand } from "./next-command.ts";

/** The result of a release as text: the current version, how long the previous version is kept, and what to do next. */
export function releaseSummary(
  { id, previous, page, origin, ledger }: ReleaseResult,
  { protection }: Pick<LockstepConfig, "protection">,
  { now, tookMs, environment }: { now: number; tookMs: number; environment: NodeJS.ProcessEnv },
): string {
  if (page === "overtaken" && ledger.current !== undefined && ledger.current > id)
    return `${id} is published, but not current: the newer version ${ledger.current} was promoted in the meantime.\nNext: ${nextCommand("npm run lockstep -- versions", environment)}\n`;
  if (page === "unchanged")
    return `${id} is published (${(tookMs / 1000).toFixed(1)} s). New pages still receive ${ledger.current ?? "no version"}.\nNext: ${nextCommand(`npm run lockstep -- promote ${id}`, environment)}\n`;
  const lines = [`${id} is now live at ${origin}/ (released in ${(tookMs / 1000).toFixed(1)} s).`];
  if (page === "overtaken") lines[0] = `${id} was promoted; another version has been promoted since.`;
  const supersededAt = previous === undefined ? undefined : ledger.versions[previous]?.supersededAt;
  if (supersededAt !== undefined) {
    const { graceSeconds, idleSeconds, windowSeconds } = protection;
    const until = formatMoment(supersededAt + windowSeconds * 1000, now);
    lines.push(
      protection.enabled
        ? `Open pages of ${previous} keep using it for at least ${formatAge(graceSeconds * 1000)}, then until it has been idle for ${formatAge(idleSeconds * 1000)} (no later than ${until}).`
        : `Protection is off: open pages of ${previous} use the new version from now on.`,
    );
  }
  lines.push(`Next: ${nextCommand("npm run lockstep -- versions", environment)}`);
  return `${lines.join("\n")}\n`;
}

import type { Ledger } from "../lifecycle/ledger.ts";
import { type Belonging, type BelongingKind, readBelongings } from "./belongings.ts";
import type { JanitorContext } from "./look.ts";
import { formatAge } from "./words.ts";

/** Something that belongs to a version which is not there any more, or never was. */
export interface Orphan {
  kind: BelongingKind;
  /** The version. */
  id: string;
  /** Its ARN; the digest of an image, the prefix of files, the id of a manifest. */
  name: string;
  reason: string;
}

/** Nothing is an orphan before: AWS's lists lag behind, and a release may be at work. */
const ORPHAN_AFTER_MS = 60 * 60_000;
/** What a stack takes with it when it is deleted. */
const OF_A_STACK: readonly BelongingKind[] = ["service", "rule", "target-group", "log-group"];
/** What stays for a while when a version is retired. */
const OUTLIVES: readonly BelongingKind[] = ["image", "files", "manifest"];

/** Finds what belongs to no version: what a killed release, or a deletion that failed, left behind. Changes nothing. */
export async function findOrphans(context: JanitorContext): Promise<Orphan[]> {
  // In this order: a thing that is seen has its version in the ledger, or a release that holds the lease of its id.
  const belongings = await readBelongings(context);
  const ledger = await context.lifecycle.store.read();
  const releases = await context.lifecycle.leases.list();
  return judgeOrphans(belongings, ledger, releases, context.clock.now());
}

/**
 * Which belongings are orphans. Pure. What says that it belongs to a version of the ledger, or of a release that runs, is none;
 * nor is an image on which any version still counts, by its digest.
 *
 * @param ledger read after the belongings
 * @param releases read after the ledger
 * @param now milliseconds since the epoch
 */
export function judgeOrphans(
  belongings: readonly Belonging[],
  ledger: Ledger,
  releases: ReadonlyMap<string, "running" | "died">,
  now: number,
): Orphan[] {
  const digests = new Set(Object.values(ledger.versions).map(({ image }) => image.split("@").at(-1)));
  const orphans = belongings.flatMap(({ kind, ids, name }): Orphan[] => {
    if (kind === "image" && digests.has(name)) return [];
    const reasons = ids.map((id) => orphanReason(kind, id, ledger, releases, now));
    const [reason] = reasons;
    return reason === undefined || reasons.includes(undefined) ? [] : [{ kind, id: ids[0]!, name, reason }];
  });
  const withStack = new Set(orphans.filter(({ kind }) => kind === "stack").map(({ id }) => id));
  return orphans
    .filter(({ kind, id }) => !OF_A_STACK.includes(kind) || !withStack.has(id))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function orphanReason(
  kind: BelongingKind,
  id: string,
  ledger: Ledger,
  releases: ReadonlyMap<string, "running" | "died">,
  now: number,
): string | undefined {
  if (releases.get(id) === "running") return undefined;
  const version = ledger.versions[id];
  if (version === undefined)
    return now - startedAt(id) < ORPHAN_AFTER_MS ? undefined : `the ledger knows no ${id}`;
  const { state, retiredAt = now } = version;
  if (state !== "retired" || OUTLIVES.includes(kind) || now - retiredAt < ORPHAN_AFTER_MS) return undefined;
  return `${id} was retired ${formatAge(now - retiredAt)} ago`;
}

/** An id begins with the moment when its release began, `YYYYMMDD-HHMMSS` in UTC. */
function startedAt(id: string): number {
  const [year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/
    .exec(id)!
    .slice(1)
    .map(Number);
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
}

import { isVersionId } from "@lockstep/edge/version-id";
import { z } from "zod";
import { LockstepError } from "../base/lockstep-error.ts";

/**
 * The source of truth about versions: one JSON document, `ledger.json` in the state bucket.
 *
 *     {schema, revision, current?, floor?, pageScript?, versions: {<id>: {state, slot, …}}, history: [{revision, at, actor, event, …}], writes: [<uuid>, …]}
 *
 *     deploying ─► published ─► current ─► superseded ─► draining ─► retired ─► (forgotten, with its files)
 *         └─► failed ─► retired      ▲ promote ──┘  ▲ revive ─┘
 *
 * Times are milliseconds since the epoch. Unknown values are absent, never `null`. Older history entries are in
 * separate objects (history.ts).
 */
const LEDGER_SCHEMA = 1;
/** Number of write ids that are kept. A writer that received no answer finds its id there if its write succeeded. */
export const KEPT_WRITES = 32;

const versionId = z.string().refine((value): boolean => isVersionId(value), "not a version id");
const time = z.number().int().nonnegative();
const state = z.enum(["deploying", "failed", "published", "current", "superseded", "draining", "retired"]);

const version = z.looseObject({
  state,
  /** Priority of its listener rule. Free again when the version is retired. */
  slot: z.number().int().positive().optional(),
  git: z.object({ commit: z.string(), dirty: z.boolean() }),
  /** Who released it. */
  actor: z.string(),
  host: z.string(),
  /** Name of its target group. */
  targetGroup: z.string(),
  /** Known from `published` on. CloudWatch metrics are read by it. */
  targetGroupArn: z.string().optional(),
  stack: z.string(),
  service: z.string(),
  image: z.string(),
  /** The release publishes the version but does not promote it (`--no-promote`). */
  held: z.boolean().optional(),
  /** Number of files in its manifest (`manifests/<id>.json`). */
  files: z.number().int().nonnegative(),
  createdAt: time,
  publishedAt: time.optional(),
  promotedAt: time.optional(),
  supersededAt: time.optional(),
  /** The expiry that its pages were warned of (`/.lockstep/status`). The version does not expire before. */
  endsAt: time.optional(),
  failedAt: time.optional(),
  drainingAt: time.optional(),
  /** When the map without it was seen in SSM. From then on every edge drops it within the TTL of the map. */
  unroutedAt: time.optional(),
  /** When it returned to the map from draining, if it was not promoted since. Edges may not have it yet. */
  revivedAt: time.optional(),
  /** When its pages were forced off it. It can never be promoted again. */
  recalledAt: time.optional(),
  /** The point of no return: its tasks and its stack are being deleted. */
  dismantledAt: time.optional(),
  retiredAt: time.optional(),
  /** When the janitor started to delete its files. A new release waits before it checks which files exist. */
  filesDeletingAt: time.optional(),
  /** Why it failed, drains, or was recalled. */
  reason: z.string().optional(),
});

export const entrySchema = z.looseObject({
  /** The ledger's revision after the event. Identifies the entry. */
  revision: z.number().int().positive(),
  at: time,
  actor: z.string(),
  event: z.string(),
  version: versionId.optional(),
  reason: z.string().optional(),
});

/** Loose objects keep fields that a later version of Lockstep added, so that an older janitor does not remove them. */
const ledgerSchema = z.looseObject({
  schema: z.literal(LEDGER_SCHEMA),
  /** Increases by one with every change. */
  revision: z.number().int().nonnegative(),
  /** The version that new pages receive; absent before the first release. */
  current: versionId.optional(),
  /** Versions below it are gone; absent if nothing was recalled. */
  floor: versionId.optional(),
  /** The page script is switched off in all pages; absent if it is on. */
  pageScript: z.literal("off").optional(),
  versions: z.record(versionId, version),
  /** The newest entries, oldest first. */
  history: z.array(entrySchema),
  writes: z.array(z.string()).max(KEPT_WRITES),
});

export type VersionState = z.infer<typeof state>;
export type Version = z.infer<typeof version>;
export type HistoryEntry = z.infer<typeof entrySchema>;
export type Ledger = z.infer<typeof ledgerSchema>;

/** The ledger before the first release. */
export function emptyLedger(): Ledger {
  return { schema: LEDGER_SCHEMA, revision: 0, versions: {}, history: [], writes: [] };
}

/**
 * Parses a ledger and checks its invariants. The result is frozen.
 *
 * @param where names the ledger in error messages, for example `s3://bucket/ledger.json`
 * @throws LockstepError LEDGER_DAMAGED: a damaged ledger is never repaired by guessing and never overwritten.
 *   LEDGER_NEWER if a later version of Lockstep wrote it
 */
export function parseLedger(text: string, where: string): Ledger {
  if (text !== parsed?.text) parsed = { text, ledger: checkLedger(text, where) };
  return parsed.ledger;
}

/** Cache of the last parse: a process often reads what it has just read or written. */
let parsed: { text: string; ledger: Ledger } | undefined;

function checkLedger(text: string, where: string): Ledger {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LockstepError("LEDGER_DAMAGED", `${where} is not JSON.`, { cause });
  }
  const { schema } = Object(json) as { schema?: unknown };
  if (typeof schema === "number" && schema > LEDGER_SCHEMA)
    throw new LockstepError(
      "LEDGER_NEWER",
      `${where} has schema ${schema}; this Lockstep reads ${LEDGER_SCHEMA}.`,
    );
  const checked = ledgerSchema.safeParse(json);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const path = issue?.path.join(".") || "the document";
    throw new LockstepError("LEDGER_DAMAGED", `${where}: ${path}: ${issue?.message}.`, {
      cause: checked.error,
    });
  }
  const broken = brokenInvariant(checked.data);
  if (broken !== undefined) throw new LockstepError("LEDGER_DAMAGED", `${where}: ${broken}.`);
  return frozen(checked.data);
}

/** Freezes a value deeply, because all readers of the same text share it. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/**
 * Serializes a ledger for `parseLedger`.
 *
 * @throws LockstepError LEDGER_DAMAGED if `parseLedger` would refuse it, so that it is never stored
 */
export function serializeLedger(ledger: Ledger): string {
  const text = `${JSON.stringify(ledger, undefined, 1)}\n`;
  parseLedger(text, "The ledger to be written");
  return text;
}

/** The first invariant that a ledger breaks, as text; `undefined` if it breaks none. */
export function brokenInvariant(ledger: Ledger): string | undefined {
  const entries = Object.entries(ledger.versions);
  const current = entries.filter(([, { state }]) => state === "current").map(([id]) => id);
  if (current.length > 1) return `two versions are current: ${current.join(", ")}`;
  if (ledger.current !== current[0])
    return `current is ${ledger.current ?? "not set"}, but ${current[0] ?? "no version"} has the state "current"`;
  const slots = new Map<number, string>();
  for (const [id, { slot, state }] of entries) {
    if (ownsSlot(state) !== (slot !== undefined))
      return `${id} is ${state} and ${slot === undefined ? "has no slot" : "still has a slot"}`;
    if (slot === undefined) continue;
    if (slots.has(slot)) return `slot ${slot} belongs to ${slots.get(slot)} and to ${id}`;
    slots.set(slot, id);
  }
  return undefined;
}

/** Whether a version in this state owns a listener rule, a target group and a stack. */
function ownsSlot(state: VersionState): boolean {
  return state !== "retired";
}

/** Whether the edge may send requests to a version in this state. */
export function isRoutable(state: VersionState): boolean {
  return state === "published" || state === "current" || state === "superseded";
}

/** A Lambda function, and so a deletion by the janitor, ends after 15 minutes. */
const DELETION_MS = 15 * 60_000;

/** Whether a deletion that the ledger recorded at `filesDeletingAt` may still be running. */
export function mayBeDeleting(filesDeletingAt: number | undefined, now: number): boolean {
  return filesDeletingAt !== undefined && now - filesDeletingAt < DELETION_MS;
}

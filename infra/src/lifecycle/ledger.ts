import { isVersionId } from "@lockstep/edge/version-id";
import { z } from "zod";
import { LockstepError } from "./lockstep-error.ts";

/**
 * The truth about versions, one JSON document (`ledger.json` in the state bucket):
 *
 *     {schema, revision, current?, floor?, pageScript?, versions: {<id>: {state, slot, …}}, history: [{revision, at, actor, event, …}], writes: [<uuid>, …]}
 *
 *     deploying ─► published ─► current ─► superseded ─► draining ─► retired ─► (forgotten, with its files)
 *         └─► failed ─► retired      ▲ promote ──┘  ▲ revive ─┘
 *
 * Times are milliseconds since the epoch. What is not known is left out, never `null`. History past the newest entries is
 * in objects of its own (history.ts).
 */
const LEDGER_SCHEMA = 1;
/** Ids of the last writes: by them a writer whose answer was lost finds out that it had won. */
export const KEPT_WRITES = 32;

const versionId = z.string().refine((value): boolean => isVersionId(value), "not a version id");
const time = z.number().int().nonnegative();
const state = z.enum(["deploying", "failed", "published", "current", "superseded", "draining", "retired"]);

const version = z.looseObject({
  state,
  /** Priority of its listener rule; given back when nothing of it runs any more. */
  slot: z.number().int().positive().optional(),
  git: z.object({ commit: z.string(), dirty: z.boolean() }),
  /** Who released it. */
  actor: z.string(),
  host: z.string(),
  /** Name of its target group. */
  targetGroup: z.string(),
  /** Known from `published` on; names the target group to CloudWatch. */
  targetGroupArn: z.string().optional(),
  stack: z.string(),
  service: z.string(),
  image: z.string(),
  /** To be published and not promoted, until somebody does it by hand. */
  held: z.boolean().optional(),
  /** How many files its manifest lists (`manifests/<id>.json`). */
  files: z.number().int().nonnegative(),
  createdAt: time,
  publishedAt: time.optional(),
  promotedAt: time.optional(),
  supersededAt: time.optional(),
  /** Its end is announced to its pages (`/.lockstep/status`): not before then. */
  endsAt: time.optional(),
  failedAt: time.optional(),
  drainingAt: time.optional(),
  /** When the map without it was seen in SSM: from here every edge forgets it within the map's TTL. */
  unroutedAt: time.optional(),
  /** It drained and came back into the map, and was not promoted since: edges may not know it yet. */
  revivedAt: time.optional(),
  /** Its pages were forced off it: it is never promoted again. */
  recalledAt: time.optional(),
  /** The point of no return: its stack is being deleted. */
  dismantledAt: time.optional(),
  retiredAt: time.optional(),
  /** A janitor is deleting its files; a release that starts meanwhile waits before it counts on files being there. */
  filesDeletingAt: time.optional(),
  /** Why it failed, drained, was recalled. */
  reason: z.string().optional(),
});

export const entrySchema = z.looseObject({
  /** The ledger's revision after the event: an entry's name. */
  revision: z.number().int().positive(),
  at: time,
  actor: z.string(),
  event: z.string(),
  version: versionId.optional(),
  reason: z.string().optional(),
});

/** Fields that a later Lockstep added are kept: an older janitor must not forget them for everybody. */
const ledgerSchema = z.looseObject({
  schema: z.literal(LEDGER_SCHEMA),
  /** One more with every change. */
  revision: z.number().int().nonnegative(),
  /** What new page loads get; absent before the first release. */
  current: versionId.optional(),
  /** Versions below it are gone; absent when nothing was recalled. */
  floor: versionId.optional(),
  /** The page script steps aside in every page; absent: it works. */
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
 * Reads a ledger and checks what must always hold. What it gives cannot be changed.
 *
 * @param where named in the message, for example `s3://bucket/ledger.json`
 * @throws LockstepError LEDGER_DAMAGED; a damaged ledger is refused, never repaired by guessing and never overwritten.
 *   LEDGER_NEWER when it was written by a later Lockstep than this
 */
export function parseLedger(text: string, where: string): Ledger {
  if (text !== parsed?.text) parsed = { text, ledger: checkLedger(text, where) };
  return parsed.ledger;
}

/** What was parsed last: a process reads again and again what it has just read or written. */
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

/** All of it: whoever reads the same text is given the same ledger. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/**
 * The text of a ledger, which `parseLedger` takes again.
 *
 * @throws LockstepError LEDGER_DAMAGED when it would not: what cannot be read is never stored
 */
export function serializeLedger(ledger: Ledger): string {
  const text = `${JSON.stringify(ledger, undefined, 1)}\n`;
  parseLedger(text, "The ledger that was to be written");
  return text;
}

/** What is wrong with a ledger as a whole, in words; `undefined` when nothing is. */
export function brokenInvariant(ledger: Ledger): string | undefined {
  const entries = Object.entries(ledger.versions);
  const current = entries.filter(([, { state }]) => state === "current").map(([id]) => id);
  if (current.length > 1) return `two versions are current: ${current.join(", ")}`;
  if (ledger.current !== current[0])
    return `current is ${ledger.current ?? "not set"}, but ${current[0] ?? "no version"} has the state`;
  const slots = new Map<number, string>();
  for (const [id, { slot, state }] of entries) {
    if (holdsSlot(state) !== (slot !== undefined))
      return `${id} is ${state} and ${slot === undefined ? "has no slot" : "still has a slot"}`;
    if (slot === undefined) continue;
    if (slots.has(slot)) return `slot ${slot} belongs to ${slots.get(slot)} and to ${id}`;
    slots.set(slot, id);
  }
  return undefined;
}

/** Whether a version in this state owns a listener rule, a target group and a stack. */
function holdsSlot(state: VersionState): boolean {
  return state !== "retired";
}

/** Whether the edge may send requests to a version in this state. */
export function isRoutable(state: VersionState): boolean {
  return state === "published" || state === "current" || state === "superseded";
}

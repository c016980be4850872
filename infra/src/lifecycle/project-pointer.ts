import { STATUS_MAX_BYTES } from "@lockstep/edge/names";
import { z } from "zod";
import { isRoutable, type Ledger } from "./ledger.ts";

/** What the CloudFront Functions read from the KeyValueStore, by key. */
export interface Pointer {
  /** The version of new page loads; absent before the first release. */
  current?: string;
  /** The body of `/.lockstep/status`. */
  status: string;
}

const status = z.object({
  /** Revision of the ledger that it was projected from. */
  r: z.number().int().nonnegative(),
  current: z.string().nullable(),
  floor: z.string().nullable(),
  /** When the versions whose expiry was announced expire. Seconds since the epoch. */
  ending: z.record(z.string(), z.number()),
  /** The page script is switched off; absent if it is on. */
  off: z.literal(true).optional(),
});

export type Status = z.infer<typeof status>;

/** Projects the pointer of a ledger. The status names as many expiring versions as fit, those that expire first. */
export function projectPointer(ledger: Ledger): Pointer {
  const { current, versions } = ledger;
  const ending = Object.entries(versions)
    .flatMap(([id, { state, endsAt }]): [string, number][] =>
      endsAt !== undefined && isRoutable(state) ? [[id, Math.floor(endsAt / 1000)]] : [],
    )
    .sort(([a, atA], [b, atB]) => atA - atB || (a < b ? -1 : 1));
  let fits = statusText(ledger, []);
  for (let count = 1; count <= ending.length; count++) {
    const text = statusText(ledger, ending.slice(0, count));
    if (text.length > STATUS_MAX_BYTES) break;
    fits = text;
  }
  return { ...(current !== undefined && { current }), status: fits };
}

function statusText(
  { revision, current, floor, pageScript }: Ledger,
  ending: readonly [string, number][],
): string {
  return JSON.stringify({
    r: revision,
    current: current ?? null,
    floor: floor ?? null,
    ending: Object.fromEntries(ending),
    ...(pageScript === "off" && { off: true }),
  } satisfies Status);
}

/** Parses a status; `undefined` if there is none, or if it is damaged. */
export function parseStatus(text: string | undefined): Status | undefined {
  if (text === undefined) return undefined;
  try {
    return status.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether two statuses are equal except for their revision. */
export function sameStatus(a: string | undefined, b: string | undefined): boolean {
  const [one, other] = [parseStatus(a), parseStatus(b)];
  if (one === undefined || other === undefined) return false;
  return JSON.stringify({ ...one, r: 0 }) === JSON.stringify({ ...other, r: 0 });
}

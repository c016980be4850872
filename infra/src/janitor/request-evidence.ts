import { isRoutable, type Ledger } from "../lifecycle/ledger.ts";
import type { RequestEvidence } from "./plan-retirement.ts";
import { type MetricOptions, type RequestReading, readRequests } from "./request-metric.ts";

const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;
/**
 * Minutes are kept for 15 days, five minutes for 63, hours for 455 (CloudWatch, `MetricStat.Period`). A question that begins
 * earlier and asks for a shorter period is answered as complete and empty: that would be an unknown taken for a zero. One
 * day less each, so that clocks do not decide.
 */
const PERIODS: readonly (readonly [untilSeconds: number, periodSeconds: number])[] = [
  [14 * DAY_SECONDS, 60],
  [62 * DAY_SECONDS, 300],
];
const LONGEST_PERIOD_SECONDS = 3600;

export interface EvidenceOptions extends MetricOptions {
  /** The quiet time that matters; an hour is looked at in any case, for what is shown. */
  lookBackSeconds: number;
  now: number;
}

/** Who still asks for which version: no request in an answer that is complete means zero, everything else is unknown. */
export async function readRequestEvidence(
  ledger: Ledger,
  options: EvidenceOptions,
): Promise<Record<string, RequestEvidence>> {
  const ids = Object.keys(ledger.versions).filter((id) => isRoutable(ledger.versions[id]!.state));
  const lookBackMs = Math.max(HOUR_MS, options.lookBackSeconds * 1000);
  const periodSeconds = periodFor(lookBackMs / 1000);
  const periodMs = periodSeconds * 1000;
  const from = floorTo(periodMs, options.now - lookBackMs);
  const until = floorTo(periodMs, options.now) + periodMs;
  const readings = await readRequests(ids, ledger, { from, until, periodSeconds }, options);
  return Object.fromEntries(
    Object.entries(readings).map(([id, reading]) => [id, judge(reading, from, options.now, periodMs)]),
  );
}

function periodFor(lookBackSeconds: number): number {
  return PERIODS.find(([until]) => lookBackSeconds <= until)?.[1] ?? LONGEST_PERIOD_SECONDS;
}

function judge(reading: RequestReading, from: number, now: number, periodMs: number): RequestEvidence {
  if (!reading.known) return reading;
  let lastAt: number | undefined;
  for (const { at, count } of reading.points)
    if (count > 0) lastAt = Math.max(lastAt ?? 0, Math.min(now, at + periodMs));
  return lastAt === undefined ? { known: true, from } : { known: true, from, lastAt };
}

function floorTo(periodMs: number, at: number): number {
  return at - (at % periodMs);
}

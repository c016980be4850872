import { SERVED_HEADER, VERSION_HEADER } from "@lockstep/edge/names";
import { matchesPath } from "@lockstep/edge/path-pattern";
import type { Clock } from "../../base/clock.ts";
import { type ErrorCode, LockstepError } from "../../base/lockstep-error.ts";
import type { LockstepConfig } from "../../config/config.ts";
import { oldMapsExpireAfterMs } from "../../lifecycle/lifecycle.ts";

export interface ProbeOptions {
  config: LockstepConfig;
  /** The public URL of the app, without a trailing slash. */
  origin: string;
  id: string;
  clock: Clock;
  fetch?: typeof fetch;
  /** How long it must answer without a break, in milliseconds. Default: longer than an edge can cache an older map. */
  proofMs?: number;
  /** Time limit in addition to `proofMs`. Default 90 s. */
  timeoutMs?: number;
}

const POLL_MS = 250;
/** Time limit of one request. */
const ANSWER_MS = 10_000;

/**
 * Requests a version through the edge until it has answered without a break for longer than an edge can cache an older
 * map. After that every edge has it in its map, so pages may name it.
 *
 * @returns the number of answers
 * @throws LockstepError EDGE_NOT_SEEN with the last answer
 */
export function probeEdge(options: ProbeOptions): Promise<number> {
  return probeUntil(options, "EDGE_NOT_SEEN", notServed);
}

/**
 * Requests a version through the edge until it has been gone without a break for longer than an edge can cache an older
 * map.
 *
 * @returns the number of answers
 * @throws LockstepError STILL_ANSWERED with the last answer
 */
export function probeGone(options: ProbeOptions): Promise<number> {
  return probeUntil(options, "STILL_ANSWERED", notGone);
}

/** The difference from the expected answer; `undefined` if there is none. */
type Verdict = (response: Response, id: string) => string | undefined;

async function probeUntil(options: ProbeOptions, code: ErrorCode, verdict: Verdict): Promise<number> {
  const { config, origin, id, clock, timeoutMs = 90_000 } = options;
  const { proofMs = oldMapsExpireAfterMs(config) } = options;
  const deadline = clock.now() + proofMs + timeoutMs;
  const url = `${origin}${probePath(config)}`;
  let since: number | undefined;
  for (let count = 1; ; count++) {
    const sentAt = clock.now();
    const wrong = await probe(url, id, verdict, options.fetch ?? fetch);
    since = wrong === undefined ? (since ?? sentAt) : undefined;
    if (since !== undefined && clock.now() - since >= proofMs) return count;
    if (clock.now() >= deadline)
      throw new LockstepError(
        code,
        `GET ${url} for ${id}: ${wrong ?? "did not answer long enough without a break"}.`,
      );
    await clock.sleep(POLL_MS);
  }
}

/**
 * A path that the edge routes to the API: the health path if an API pattern covers it, otherwise the health path below
 * the first pattern (`/api/*` and `/health` result in `/api/health`).
 */
export function probePath({ api }: Pick<LockstepConfig, "api">): string {
  if (api.pathPatterns.some((pattern) => matchesPath(pattern, api.healthPath))) return api.healthPath;
  const prefix = api.pathPatterns[0]!.replace(/\/?[*?].*$/, "");
  return `${prefix}${api.healthPath}`;
}

async function probe(
  url: string,
  id: string,
  verdict: Verdict,
  send: typeof fetch,
): Promise<string | undefined> {
  try {
    const response = await send(url, {
      headers: { [VERSION_HEADER]: id, "user-agent": "lockstep-probe" },
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    return verdict(response, id);
  } catch (error) {
    const { message, cause } = error as Error;
    return cause instanceof Error && cause.message ? `${message}: ${cause.message}` : message;
  }
}

/** With the middleware, the served header is proof whatever the status. Without it, the API must answer 200. */
const notServed: Verdict = (response, id) => {
  const served = response.headers.get(SERVED_HEADER);
  const proven = served === null ? response.status === 200 : served === id && response.status < 500;
  return proven ? undefined : answerText(response, served);
};

const notGone: Verdict = (response) => {
  const served = response.headers.get(SERVED_HEADER);
  return response.status === 409 && served === null ? undefined : answerText(response, served);
};

function answerText({ status }: Response, served: string | null): string {
  return `answered ${status}${served === null ? "" : ` by ${served}`}`;
}

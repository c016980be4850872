import { REFRESH_FROM, REFRESH_UNTIL } from "../src/map-cache.ts";

// What the edge asks of AWS at a given size. Nothing of it runs at the edge; `npm run bench -- edge-scale` prints it.

/** Quotas of AWS that the edge meets, each with what lies behind it. */
export const QUOTAS = {
  /** Get* of SSM's Parameter Store, account and region, a second; past it reads are throttled and maps grow old. */
  ssmReadsPerSecond: 40,
  /** The same with the account setting "higher throughput", which is billed. */
  ssmReadsPerSecondRaised: 10_000,
  /** Lambda@Edge, region, a second; past it viewers get 503. Can be raised by request. */
  lambdaRequestsPerSecond: 10_000,
  /** Lambda@Edge, region, at once; past it viewers get 503. Can be raised by request. */
  lambdaConcurrent: 1000,
} as const;

/** List prices in US dollars, November 2026. CloudFront's own price of a request and of bytes comes on top, with or without us. */
const PRICES = {
  functionMillion: 0.1,
  lambdaMillion: 0.6,
  lambdaGbSecond: 0.00005001,
  /** Per API call of Parameter Store, only with higher throughput. */
  ssmRead: 0.05 / 10_000,
} as const;

/** Share of the quota of reads that the edge may take: the account has other readers. */
const READS_SHARE = 0.5;
/** A map older than this is no answer to a recall. */
const MAX_TTL_SECONDS = 30;

export interface Load {
  /** API requests a second, all over the world: each runs `pin` and `route`. */
  requestsPerSecond: number;
  /** Regional edges that run Lambda@Edge. CloudFront has 13. */
  edges: number;
  /** Share of the busiest of them; the others share the rest. */
  busiestShare: number;
  /** How long an instance is taken by a request, overhead included. */
  busySeconds: number;
  /** `edge.mapTtlSeconds` */
  ttlSeconds: number;
  /** Memory of `route`. */
  memoryGb: number;
}

export interface Scale {
  /** Instances of `route`, everywhere. */
  instances: number;
  /** Reads of SSM a second, in the one region. */
  readsPerSecond: number;
  /** The same in the first second after a release, when every instance meets a pin that is newer than its map. */
  peakReadsPerSecond: number;
  busiestRequestsPerSecond: number;
  busiestConcurrent: number;
  /** The age of the map that a request meets, on average, and at most as long as SSM answers. */
  meanAgeSeconds: number;
  maxAgeSeconds: number;
  /** Of Lambda@Edge and the functions, for a million API requests. */
  dollarsPerMillion: number;
  /** What this size needs: a setting, a quota, or another router. */
  needs: string;
}

/**
 * The paper, as code. Instances follow Little's law, with three standard deviations of room for chance. An instance that gets λ
 * requests a second reads again once its map is past its threshold (65 % of the TTL on average) and the next request comes:
 * every 0.65 · TTL + 1/λ seconds.
 */
export function scaleOf(load: Load): Scale {
  const busiest = load.requestsPerSecond * load.busiestShare;
  const others = (load.requestsPerSecond - busiest) / (load.edges - 1);
  const regions = [busiest, ...Array.from({ length: load.edges - 1 }, () => others)];
  const instances = regions.map((rate) => instancesFor(rate * load.busySeconds));
  const total = instances.reduce((sum, one) => sum + one, 0);
  const readsAt = (ttlSeconds: number) =>
    regions.reduce((sum, rate, at) => sum + readsPerSecond(rate, instances[at]!, ttlSeconds), 0);
  const reads = readsAt(load.ttlSeconds);
  const perMillion = load.busySeconds * load.memoryGb * PRICES.lambdaGbSecond * 1e6;
  return {
    instances: total,
    readsPerSecond: reads,
    peakReadsPerSecond: Math.min(total, load.requestsPerSecond),
    busiestRequestsPerSecond: busiest,
    busiestConcurrent: instances[0]!,
    meanAgeSeconds: (meanThreshold() * load.ttlSeconds) / 2,
    maxAgeSeconds: load.ttlSeconds,
    dollarsPerMillion: PRICES.functionMillion + PRICES.lambdaMillion + perMillion,
    needs: needs(load, busiest, instances[0]!, readsAt),
  };
}

/** Reads a second of all instances of a region, which share its requests. */
export function readsPerSecond(requestsPerSecond: number, instances: number, ttlSeconds: number): number {
  if (requestsPerSecond === 0) return 0;
  return instances / (meanThreshold() * ttlSeconds + instances / requestsPerSecond);
}

function meanThreshold(): number {
  return (REFRESH_FROM + REFRESH_UNTIL) / 2;
}

function instancesFor(concurrency: number): number {
  return Math.ceil(concurrency + 3 * Math.sqrt(concurrency));
}

function needs(
  load: Load,
  busiest: number,
  concurrent: number,
  readsAt: (ttlSeconds: number) => number,
): string {
  const wants: string[] = [];
  const room = QUOTAS.ssmReadsPerSecond * READS_SHARE;
  const reads = readsAt(load.ttlSeconds);
  if (reads > room) {
    let ttl = Math.ceil(load.ttlSeconds);
    while (ttl <= MAX_TTL_SECONDS && readsAt(ttl) > room) ttl++;
    wants.push(
      ttl <= MAX_TTL_SECONDS
        ? `mapTtlSeconds ${ttl}`
        : `SSM's higher throughput (about $${Math.round(reads * 86_400 * 30 * PRICES.ssmRead)} a month)`,
    );
  }
  if (busiest > QUOTAS.lambdaRequestsPerSecond || concurrent > QUOTAS.lambdaConcurrent)
    wants.push(
      "a raised Lambda@Edge quota, or the pin matched by the load balancer's header rules instead of route",
    );
  return wants.join("; ") || "nothing: as it ships";
}

/** When a change is everywhere, in seconds after it was written. */
export interface Spread {
  /** Until the last edge sends new page loads to it: the release waits for the map before it moves the pointer. */
  release: number;
  /** Until no edge answers a recalled pin any more. */
  recall: number;
}

/** @param pointerSeconds how long CloudFront takes to bring a key to every edge: documented nowhere */
export function spreadOf(ttlSeconds: number, pointerSeconds: number): Spread {
  // A request that began just before the map was old may wait for its read.
  const forgotten = ttlSeconds + 2;
  return { release: forgotten + pointerSeconds, recall: forgotten };
}

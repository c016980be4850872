import { REFRESH_FROM, REFRESH_UNTIL } from "../src/map-cache.ts";

// What the edge needs from AWS at a given load. `npm run bench -- edge-scale` prints it.

/** AWS quotas that the edge can reach. */
export const QUOTAS = {
  /** GetParameter calls a second, per account and region. Past it SSM throttles, and maps age. */
  ssmReadsPerSecond: 40,
  /** Lambda@Edge requests a second, per region (adjustable). Past it viewers get 503. */
  lambdaRequestsPerSecond: 10_000,
  /** Concurrent Lambda@Edge executions, per region (adjustable). Past it viewers get 503. */
  lambdaConcurrent: 1000,
} as const;

/** List prices in US dollars, November 2026, without CloudFront's own price of requests and bytes. */
const PRICES = {
  functionMillion: 0.1,
  lambdaMillion: 0.6,
  lambdaGbSecond: 0.00005001,
  /** One Parameter Store call, billed only with the setting "higher throughput". */
  ssmRead: 0.05 / 10_000,
} as const;

/** Share of the read quota that the edge may use: the account has other readers. */
const READS_SHARE = 0.5;
/** A recall must not wait longer than this for maps to expire. */
const MAX_TTL_SECONDS = 30;

export interface Load {
  /** API requests a second, worldwide. Each runs `route` and `stamp-answer`. */
  requestsPerSecond: number;
  /** Regional edges that run Lambda@Edge. CloudFront has 13. */
  edges: number;
  /** Share of requests in the busiest of them; the others share the rest. */
  busiestShare: number;
  /** How long a request occupies an instance, overhead included. */
  busySeconds: number;
  /** `edge.mapTtlSeconds` */
  ttlSeconds: number;
  /** Memory of `route`. */
  memoryGb: number;
}

export interface Scale {
  /** Instances of `route`, worldwide. */
  instances: number;
  /** SSM reads a second, in the map's region. */
  readsPerSecond: number;
  /** SSM reads in the first second after a release, when every instance gets a pin that is newer than its map. */
  peakReadsPerSecond: number;
  busiestRequestsPerSecond: number;
  busiestConcurrent: number;
  /** Age of the map that a request is decided by: mean, and maximum while SSM answers. */
  meanAgeSeconds: number;
  maxAgeSeconds: number;
  /** Price of Lambda@Edge and the functions for a million API requests. */
  dollarsPerMillion: number;
  /** What this load needs: a setting, a quota, or another way to route. */
  needs: string;
}

/**
 * Computes what a load needs. The number of instances follows Little's law plus three standard deviations. An instance
 * with λ requests a second reads again at the first request after its map's threshold (65 % of the TTL on average):
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

/** SSM reads a second of the instances that share these requests. */
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
  const wanted: string[] = [];
  const room = QUOTAS.ssmReadsPerSecond * READS_SHARE;
  const reads = readsAt(load.ttlSeconds);
  if (reads > room) {
    let ttl = Math.ceil(load.ttlSeconds);
    while (ttl <= MAX_TTL_SECONDS && readsAt(ttl) > room) ttl++;
    wanted.push(
      ttl <= MAX_TTL_SECONDS
        ? `mapTtlSeconds ${ttl}`
        : `SSM's higher throughput (about $${Math.round(reads * 86_400 * 30 * PRICES.ssmRead)} a month)`,
    );
  }
  if (busiest > QUOTAS.lambdaRequestsPerSecond || concurrent > QUOTAS.lambdaConcurrent)
    wanted.push("a higher Lambda@Edge quota, or header rules of the load balancer instead of route");
  return wanted.join("; ") || "nothing: the defaults are enough";
}

/** Seconds from the write of a change until it has reached every edge. */
export interface Spread {
  /**
   * Until every edge sends new page loads to the version: the release waits for the map before it moves the pointer.
   */
  release: number;
  /** Until no edge forwards a recalled pin. */
  recall: number;
}

/** @param pointerSeconds how long CloudFront takes to propagate a key to every edge; AWS does not document it */
export function spreadOf(ttlSeconds: number, pointerSeconds: number): Spread {
  // A request that started just before the map expired may wait for its read.
  const forgotten = ttlSeconds + 2;
  return { release: forgotten + pointerSeconds, recall: forgotten };
}

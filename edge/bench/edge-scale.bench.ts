import type { Bench } from "../../test/bench/bench-report.ts";
import { QUOTAS, scaleOf, spreadOf } from "./scale-model.ts";

const TTL_SECONDS = 5;
const POINTER_SECONDS = 10;
const shipped = {
  edges: 13,
  busiestShare: 0.4,
  busySeconds: 0.002,
  ttlSeconds: TTL_SECONDS,
  memoryGb: 0.25,
};

const description = `
What the edge needs from AWS at a given load, by the model in \`edge/bench/scale-model.ts\` (a test compares its rate of reads with the real
map cache on a simulated clock). Assumptions: 13 regional edges, the busiest with 40 % of the requests, a request occupies an instance for
${shipped.busySeconds * 1000} ms, 256 MB, a map TTL of ${TTL_SECONDS} s. Instances: Little's law plus three standard deviations. Reads: each instance every
0.65 · TTL + 1/λ seconds, where λ is its requests a second. The peak is the first second after a release, when each instance may get a pin
newer than its map; when SSM throttles, the host is derived from the pin. Quotas: ${QUOTAS.ssmReadsPerSecond} reads a second (of which the edge uses at most
half), ${QUOTAS.lambdaRequestsPerSecond} requests a second and ${QUOTAS.lambdaConcurrent} concurrent ones in a region. Prices: list prices of the functions and Lambda@Edge, without
CloudFront's own price of a request.
`;

export default {
  description,
  async run() {
    const sizes = [1, 10, 100, 1000, 10_000, 100_000];
    const scales = sizes.map((requestsPerSecond) => scaleOf({ ...shipped, requestsPerSecond }));
    const spread = [1, 5, 15, 30].map((ttl) => ({ ttl, ...spreadOf(ttl, POINTER_SECONDS) }));
    return {
      tables: [
        {
          title: "By API requests a second",
          columns: [
            "requests/s",
            "instances",
            "SSM reads/s",
            "peak reads/s",
            "busiest region, requests/s",
            "busiest region, concurrent",
            "mean age of the map, s",
            "$ per million",
            "needs",
          ],
          rows: scales.map((scale, at) => [
            String(sizes[at]),
            scale.instances,
            scale.readsPerSecond,
            scale.peakReadsPerSecond,
            scale.busiestRequestsPerSecond,
            scale.busiestConcurrent,
            scale.meanAgeSeconds,
            scale.dollarsPerMillion,
            scale.needs,
          ]),
        },
        {
          title: `Seconds until a change reaches every edge (assuming ${POINTER_SECONDS} s for the pointer)`,
          columns: ["map TTL, s", "release, s", "recall, s"],
          rows: spread.map(({ ttl, release, recall }) => [String(ttl), release, recall]),
        },
      ],
      limits: [
        {
          what: "SSM reads a second at 1,000 requests a second, with the defaults",
          value: scales[3]!.readsPerSecond,
          atMost: QUOTAS.ssmReadsPerSecond / 2,
        },
      ],
    };
  },
} satisfies Bench;

import type { Bench } from "../../test/bench/bench-report.ts";
import { QUOTAS, scaleOf, spreadOf } from "../src/scale-model.ts";

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
What the edge asks of AWS at a given size, by the model in \`edge/src/scale-model.ts\` (a test holds its rate of reads to the real map cache on a
clock of its own). Assumed: 13 regional edges, the busiest with 40 % of the requests, ${shipped.busySeconds * 1000} ms of an instance for a request, 256 MB, a map TTL of
${TTL_SECONDS} s. Instances: Little's law and three standard deviations. Reads: each instance every 0.65 · TTL + 1/λ seconds, λ being its requests a second. The peak is
the first second after a release, when each instance may meet a pin that is newer than its map; what SSM throttles then is answered by the host that
follows from the pin. Quotas: ${QUOTAS.ssmReadsPerSecond} reads a second (the edge takes half at most), ${QUOTAS.lambdaRequestsPerSecond} requests a second and ${QUOTAS.lambdaConcurrent} at once in a region. Prices: the functions
and Lambda@Edge, list, without what CloudFront takes for a request anyway.
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
            "at once there",
            "map's age, mean s",
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
          title: `How long a change takes to reach everyone (pointer: ${POINTER_SECONDS} s assumed, for it is documented nowhere)`,
          columns: ["map TTL, s", "release, s", "recall, s"],
          rows: spread.map(({ ttl, release, recall }) => [String(ttl), release, recall]),
        },
      ],
      limits: [
        {
          what: "SSM reads a second at 1,000 requests a second, as it ships",
          value: scales[3]!.readsPerSecond,
          atMost: QUOTAS.ssmReadsPerSecond / 2,
        },
      ],
    };
  },
} satisfies Bench;

// Entry of `pnpm check`: builds each CloudFront Function, prints its size and verdict, fails when one is unfit.
import type { EdgeSettings } from "../edge-settings.ts";
import { bundleFunction, bundleRoute, functionNames } from "./bundle.ts";
import { FUNCTION_MAX_BYTES, inspectFunction } from "./inspect-function.ts";

/** Settings as long as they come: the size that is checked is the largest that a configuration can make. */
const settings: EdgeSettings = {
  protect: true,
  windowSeconds: 31_536_000,
  whenGone: "refuse",
  hostSuffix: "a-suffix-as-long-as-they-come.example.internal",
  mapParameter: "/lockstep/abcdefghijklmnopqrst/version-map",
  mapRegion: "ap-southeast-1",
  mapFallbackRegion: "ap-southeast-2",
  mapTtlSeconds: 3600,
  // CloudFront allows 25 cache behaviors in a distribution, and 255 characters in a pattern (quotas); these are longer than any app's.
  paths: Array.from({ length: 20 }, (_, at) => `/a-path-pattern-as-long-as-they-come/of-service-${at}/*`),
  healthPath: "/a-health-path-as-long-as-they-come/health",
  explain: true,
};

let unfit = 0;
for (const name of functionNames) {
  const { sizeBytes, findings } = inspectFunction(bundleFunction(name, settings));
  const verdict = findings.length === 0 ? "fit for cloudfront-js-2.0" : "NOT fit for cloudfront-js-2.0";
  console.log(
    `edge ${name.padEnd(12)}${`${sizeBytes}`.padStart(7)} of ${FUNCTION_MAX_BYTES} bytes  ${verdict}`,
  );
  for (const finding of findings) console.log(`  ${finding}`);
  if (findings.length > 0) unfit++;
}
console.log(`edge ${"route".padEnd(12)}${`${Buffer.byteLength(bundleRoute(settings))}`.padStart(7)} bytes`);
if (unfit > 0) process.exitCode = 1;

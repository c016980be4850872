// Part of `pnpm check`: builds each CloudFront Function and prints its size; fails if CloudFront would refuse one.
import type { EdgeSettings } from "../edge-settings.ts";
import { bundleFunction, bundleRoute, functionNames } from "./bundle.ts";
import { FUNCTION_MAX_BYTES, inspectFunction } from "./inspect-function.ts";

/** Settings with long values, so that the checked size is close to the largest possible. */
const settings: EdgeSettings = {
  protect: true,
  windowSeconds: 31_536_000,
  whenGone: "refuse",
  hostSuffix: "a-suffix-as-long-as-they-come.example.internal",
  mapParameter: "/lockstep/abcdefghijklmnopqrst/version-map",
  mapRegion: "ap-southeast-1",
  mapTtlSeconds: 3600,
  // More than most apps need. (CloudFront's quotas allow 25 behaviors, with patterns of 255 characters.)
  paths: Array.from({ length: 20 }, (_, at) => `/a-path-pattern-as-long-as-they-come/of-service-${at}/*`),
  healthPath: "/a-health-path-as-long-as-they-come/health",
  explain: true,
};

let refused = 0;
for (const name of functionNames) {
  const { sizeBytes, findings } = inspectFunction(bundleFunction(name, settings));
  const verdict = findings.length === 0 ? "runs on cloudfront-js-2.0" : "does NOT run on cloudfront-js-2.0";
  console.log(
    `edge ${name.padEnd(12)}${`${sizeBytes}`.padStart(7)} of ${FUNCTION_MAX_BYTES} bytes  ${verdict}`,
  );
  for (const finding of findings) console.log(`  ${finding}`);
  if (findings.length > 0) refused++;
}
console.log(`edge ${"route".padEnd(12)}${`${Buffer.byteLength(bundleRoute(settings))}`.padStart(7)} bytes`);
if (refused > 0) process.exitCode = 1;

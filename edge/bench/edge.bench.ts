import type { Bench } from "../../test/bench/bench-report.ts";
import { buildEdge } from "../src/build/build.ts";
import { missingTools } from "./function-cost.ts";
import { measureFunctions } from "./functions.ts";
import { measureRoute } from "./route-cost.ts";
import { routeSettings } from "./route-variants.ts";

const description = `
The cost of a request at the edge. The CloudFront Functions run in njs, the available engine closest to CloudFront's: 2,000 calls per
process, each with its own event (20 headers, 5 cookies); callgrind counts the instructions, and every answer is awaited. route runs in
Node: warm in turns with its baselines, cold in a new process each time. Peers with such events, measured once and not by this bench:
AWS Blocks' router 18 empty handlers, SST's site 35, cloudfront-hosting-toolkit's rewrite 3.9.
`;

export default {
  description,
  async run(log) {
    const missing = missingTools();
    if (missing.length > 0)
      throw new Error(
        `This bench needs ${missing.join(" and ")}, which is not installed. Next: apt-get install njs valgrind`,
      );
    const pages = buildEdge({ ...routeSettings, kind: "pages" }).pinDocument;
    const functions = measureFunctions(buildEdge(routeSettings), pages, log);
    const route = await measureRoute(log);
    return {
      tables: [...functions.tables, ...route.tables],
      limits: [...functions.limits, ...route.limits],
    };
  },
} satisfies Bench;

import { buildEdge } from "../src/build/build.ts"; import { measureFunctions } from "./functions.ts"; import { routeSettings } from "./route-variants.ts";
const r = measureFunctions(buildEdge(routeSettings), () => {}); for (const row of r.tables[0]!.rows) console.log(row.join(" | ")); console.log(r.limits.map(l=>`${l.what}: ${l.value} <= ${l.atMost}`).join("\n"));

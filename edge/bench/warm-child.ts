// A process of route-cost.ts: loads functions and calls them in turns. Arguments: the carrier of the pin, the files.
// Prints nanoseconds per call, one row per turn.
import { createRequire } from "node:module";
import { type RouteCarrier, routeEvents } from "./route-events.ts";

const EVENTS = 100;
const TURNS = 600;
const WARM_UP_TURNS = 200;

type Handler = (event: unknown) => Promise<any>;
const require = createRequire(import.meta.url);
const routeEvent = routeEvents[process.argv[2] as RouteCarrier];
const handlers: Handler[] = process.argv.slice(3).map((file) => require(file).handler);
const rows: number[][] = [];
for (let turn = 0; turn < TURNS; turn++) {
  const row: number[] = [];
  for (const handler of handlers) row.push(await timeOf(handler));
  if (turn >= WARM_UP_TURNS) rows.push(row);
}
console.log(JSON.stringify(rows));

async function timeOf(handler: Handler): Promise<number> {
  const events = Array.from({ length: EVENTS }, () => JSON.parse(routeEvent));
  const begun = process.hrtime.bigint();
  for (let at = 0; at < EVENTS; at++) {
    const answer = await handler(events[at]);
    if (answer.headers === undefined) throw new Error(JSON.stringify(answer));
  }
  return Number(process.hrtime.bigint() - begun) / EVENTS;
}

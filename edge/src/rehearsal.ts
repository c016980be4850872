/** What decides at the edge, for those who rehearse whole histories of an app without an edge. */
export { decideRoute } from "./decide-route.ts";
export type { FunctionRequest, FunctionResponse, Values } from "./function-event.ts";
export { MapCache } from "./map-cache.ts";
export { carryOut } from "./route/carry-out.ts";
export { requestPin } from "./route/request-pin.ts";

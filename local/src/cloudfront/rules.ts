/** CloudFront's rules for edge functions, for use without a distribution: events, results, and header restrictions. */
export type { CustomOrigin } from "./configuration/distribution.ts";
export { type EdgeRequest, newFields } from "./exchange/exchange.ts";
export type { FunctionEvent } from "./functions/function-event.ts";
export { createFunctionSandbox } from "./functions/function-sandbox.ts";
export { isDisallowed } from "./functions/header-rules.ts";
export { originRequestEvent, readOriginRequestResult } from "./functions/origin-request-event.ts";
export { validateFunctionResult } from "./functions/validate-function-result.ts";

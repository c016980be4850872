/** CloudFront's rules for edge functions, without a distribution: what a function is given, may answer, and may change. */
export type { CustomOrigin } from "./configuration/distribution.ts";
export { type EdgeRequest, newFields } from "./exchange/exchange.ts";
export type { FunctionEvent } from "./functions/function-event.ts";
export { createFunctionSandbox } from "./functions/function-sandbox.ts";
export { isDisallowed } from "./functions/header-rules.ts";
export { originRequestEvent, readOriginRequestResult } from "./functions/origin-request-event.ts";
export { validateFunctionResult } from "./functions/validate-function-result.ts";

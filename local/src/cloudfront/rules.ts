/** CloudFront's rules for edge functions, without a distribution: what a function is given, may answer, and may change. */
export type { CustomOrigin } from "./distribution.ts";
export { type EdgeRequest, newFields } from "./exchange.ts";
export type { FunctionEvent } from "./function-event.ts";
export { createFunctionSandbox } from "./function-sandbox.ts";
export { isDisallowed } from "./header-rules.ts";
export { originRequestEvent, readOriginRequestResult } from "./origin-request-event.ts";
export { validateFunctionResult } from "./validate-function-result.ts";

import { appAtRoot, type EdgeSettings } from "../edge-settings.ts";
import { bundleFunction, bundleRoute, type FunctionName } from "./bundle.ts";
import { inspectFunction } from "./inspect-function.ts";

export type { EdgeSettings } from "../edge-settings.ts";

/** Source text of everything that runs at the edge. */
export interface EdgeCode {
  /** CloudFront Function, viewer-request of the default behaviour; needs the KeyValueStore. */
  pinDocument: string;
  /**
   * CloudFront Function, viewer-request of the behaviour `*.*` (paths with a dot); needs the KeyValueStore. The same as `pinDocument`
   * unless page loads of an app at the root have a function that is cheaper for them.
   */
  pinFile: string;
  /** CloudFront Function, viewer-request of `/.lockstep/status`; needs the KeyValueStore. */
  status: string;
  /** CloudFront Function, viewer-response of the default behaviour. */
  stamp: string;
  /** CloudFront Function, viewer-response of the services' behaviours. */
  stampAnswer: string;
  /** CloudFront Function, viewer-response of `/.lockstep/heartbeat`. */
  heartbeat: string;
  /** Lambda@Edge, origin-request of the services' behaviours and of the heartbeat: a CommonJS `index.js` whose handler is `index.handler`. */
  route: string;
}

/**
 * Bundles pin, stamp and route with their settings baked in. The same settings give the same text.
 *
 * Throws when a CloudFront Function would be refused by CloudFront, or would fail there for every viewer: it is too large, or
 * uses what cloudfront-js-2.0 does not have. The message names function, line and mend.
 */
export function buildEdge(settings: EdgeSettings): EdgeCode {
  return {
    pinDocument: accepted(appAtRoot(settings) ? "pinDocument" : "pinPage", settings),
    pinFile: accepted("pinPage", settings),
    status: accepted("status", settings),
    stamp: accepted("stamp", settings),
    stampAnswer: accepted("stampAnswer", settings),
    heartbeat: accepted("heartbeat", settings),
    route: bundleRoute(settings),
  };
}

function accepted(name: FunctionName, settings: EdgeSettings): string {
  const code = bundleFunction(name, settings);
  const { findings } = inspectFunction(code);
  if (findings.length > 0) {
    throw new Error(
      `CloudFront would not run the function ${name}:\n${findings.map((one) => `  ${one}`).join("\n")}`,
    );
  }
  return code;
}

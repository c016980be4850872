import { appAtRoot, type EdgeSettings } from "../edge-settings.ts";
import { bundleFunction, bundleRoute, type FunctionName } from "./bundle.ts";
import { inspectFunction } from "./inspect-function.ts";

export type { EdgeSettings } from "../edge-settings.ts";

/** Source text of everything that runs at the edge. */
export interface EdgeCode {
  /** CloudFront Function, viewer-request of the default behavior; needs the KeyValueStore. */
  pinDocument: string;
  /**
   * CloudFront Function, viewer-request of the behavior `*.*` (paths with a dot); needs the KeyValueStore. Differs from
   * `pinDocument` only for an app at the root, whose page loads have a cheaper function.
   */
  pinFile: string;
  /** CloudFront Function, viewer-request of `/.lockstep/status`; needs the KeyValueStore. */
  status: string;
  /** CloudFront Function, viewer-response of the default behavior. */
  stamp: string;
  /** CloudFront Function, viewer-response of the services' behaviors. */
  stampAnswer: string;
  /** CloudFront Function, viewer-response of `/.lockstep/heartbeat`. */
  heartbeat: string;
  /** Lambda@Edge, origin-request of the services and the heartbeat: a CommonJS `index.js` that exports `handler`. */
  route: string;
}

/**
 * Bundles pin, stamp and route with their settings baked in. The same settings produce the same text.
 *
 * Throws when CloudFront would refuse a CloudFront Function, or the function would fail for every viewer: it is too
 * large, or uses a feature that cloudfront-js-2.0 lacks. The message names the function, the line and the fix.
 */
export function buildEdge(settings: EdgeSettings): EdgeCode {
  return {
    pinDocument: checkedFunction(appAtRoot(settings) ? "pinDocument" : "pinPage", settings),
    pinFile: checkedFunction("pinPage", settings),
    status: checkedFunction("status", settings),
    stamp: checkedFunction("stamp", settings),
    stampAnswer: checkedFunction("stampAnswer", settings),
    heartbeat: checkedFunction("heartbeat", settings),
    route: bundleRoute(settings),
  };
}

function checkedFunction(name: FunctionName, settings: EdgeSettings): string {
  const code = bundleFunction(name, settings);
  const { findings } = inspectFunction(code);
  if (findings.length > 0) {
    throw new Error(
      `CloudFront would not run the function ${name}:\n${findings.map((one) => `  ${one}`).join("\n")}`,
    );
  }
  return code;
}

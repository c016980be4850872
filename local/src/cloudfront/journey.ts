import { AwsError } from "../aws-error.ts";
import type { Cloud } from "../cloud.ts";
import { type EdgeCache, responseOf } from "./cache/cache.ts";
import { cacheKey } from "./cache/cache-key.ts";
import { storeResponse } from "./cache/cache-store.ts";
import { compressResponse } from "./cache/compression.ts";
import { applyConditions } from "./cache/conditional.ts";
import { freshnessSeconds } from "./cache/freshness.ts";
import type { Behavior, Distribution } from "./configuration/distribution.ts";
import { normalizePath } from "./configuration/path-pattern.ts";
import { applyResponseHeaders } from "./configuration/response-headers.ts";
import { EdgeError, errorResponse } from "./exchange/edge-error.ts";
import type { EdgeRequest, EdgeResponse } from "./exchange/exchange.ts";
import type { EdgeFunctions } from "./functions/edge-functions.ts";
import { originRequestEvent, readOriginRequestResult } from "./functions/origin-request-event.ts";
import { type CustomOrigins, originPort } from "./origins/custom-origin.ts";
import { originRequest } from "./origins/origin-request.ts";
import { fetchFromS3 } from "./origins/s3-origin.ts";
import { connectWebSocket } from "./origins/websocket-origin.ts";

/** Parts that belong to one edge. */
export interface EdgeParts {
  /** Unique. Lambda@Edge calls contain it, so that every edge has its own copy of a function. */
  name: string;
  cloud: Cloud;
  cache: EdgeCache;
  functions: EdgeFunctions;
  origins: CustomOrigins;
}

/** The context of one request. */
interface Journey {
  edge: EdgeParts;
  distribution: Distribution;
  behavior: Behavior;
  signal: AbortSignal;
}

/**
 * Answers a viewer's request in CloudFront's order: behavior (by the viewer's path) → viewer-request function → cache →
 * origin-request Lambda@Edge → origin → cache → viewer-response function. Rejects only if the viewer has disconnected
 * (`signal`).
 */
export async function answer(
  edge: EdgeParts,
  distribution: Distribution,
  viewer: EdgeRequest,
  signal: AbortSignal,
): Promise<EdgeResponse> {
  try {
    const behavior = chooseBehavior(distribution, viewer);
    const journey: Journey = { edge, distribution, behavior, signal };
    let request = viewer;
    if (behavior.viewerRequest !== undefined) {
      const outcome = await edge.functions.viewerRequest(behavior.viewerRequest, distribution, viewer);
      // CloudFront runs no viewer-response function for a generated response.
      if ("status" in outcome) return withPolicy(behavior, outcome);
      request = outcome;
    }
    if (request.path === "/" && distribution.defaultRootObject !== "")
      request = { ...request, path: `/${distribution.defaultRootObject}` };
    const response = applyConditions(request, await fromCacheOrOrigin(journey, request));
    return await toViewer(journey, viewer, withPolicy(behavior, response));
  } catch (error) {
    if (signal.aborted) throw error;
    return errorResponse(asEdgeError(edge, error), viewer.id);
  }
}

function chooseBehavior(distribution: Distribution, viewer: EdgeRequest): Behavior {
  if (!distribution.enabled) throw new EdgeError(403, "The distribution is disabled.");
  const path = normalizePath(viewer.path);
  const behavior = distribution.behaviors.find((candidate) => candidate.matches(path))!;
  if (!behavior.methods.has(viewer.method)) {
    const allowed = [...behavior.methods].join(", ");
    throw new EdgeError(
      403,
      `The cache behavior ${behavior.pathPattern} allows only ${allowed}, not ${viewer.method}.`,
    );
  }
  if (viewer.body !== undefined && (viewer.method === "GET" || viewer.method === "HEAD"))
    throw new EdgeError(403, `A ${viewer.method} request with a body is refused.`);
  return behavior;
}

/** Looks up GET and HEAD requests in the cache. With caching disabled the cache contains only errors. */
async function fromCacheOrOrigin(journey: Journey, request: EdgeRequest): Promise<EdgeResponse> {
  const { edge, behavior } = journey;
  const reads = request.method === "GET" || request.method === "HEAD";
  if (!reads || request.upgrade)
    return compressResponse(behavior, request, await fromOrigin(journey, request));
  const key = cacheKey(behavior.cache, request);
  const found = edge.cache.find(key, request.method, edge.cloud.now());
  if (found !== undefined) return responseOf(found, edge.cloud.now());
  let done = () => {};
  if (behavior.cache.maxSeconds > 0) {
    const others = edge.cache.othersFetch(key);
    await others;
    const theirs = others && edge.cache.find(key, request.method, edge.cloud.now());
    if (theirs !== undefined) return responseOf(theirs, edge.cloud.now());
    if (edge.cache.othersFetch(key) === undefined) done = edge.cache.startFetch(key);
  }
  try {
    return await fetchAndStore(journey, request, key, done);
  } catch (error) {
    done();
    throw error;
  }
}

async function fetchAndStore(
  journey: Journey,
  request: EdgeRequest,
  key: string,
  done: () => void,
): Promise<EdgeResponse> {
  const { edge, behavior, distribution } = journey;
  const fetched = await fromOrigin(journey, request).catch((error: unknown) => {
    if (journey.signal.aborted) throw error;
    // CloudFront caches its own errors about an origin in the same way as the origin's error responses.
    return errorResponse(asEdgeError(edge, error), request.id);
  });
  const response = await compressResponse(behavior, request, fetched);
  const nowMs = edge.cloud.now();
  const freshSeconds = freshnessSeconds(
    response.status,
    response.fields,
    behavior.cache,
    distribution.errorSeconds,
    nowMs,
  );
  return storeResponse(edge.cache, request, response, { key, freshSeconds, nowMs, done });
}

async function fromOrigin(journey: Journey, request: EdgeRequest): Promise<EdgeResponse> {
  const { edge, distribution, behavior, signal } = journey;
  let origin = behavior.origin;
  let outgoing = originRequest(behavior, origin, request, distribution.domainName);
  if (behavior.originRequest !== undefined) {
    const event = originRequestEvent(distribution, outgoing, origin);
    const result = readOriginRequestResult(
      outgoing,
      origin,
      await invokeLambda(edge, behavior.originRequest, event),
    );
    if (result.kind === "invalid")
      throw new EdgeError(
        502,
        `Lambda@Edge ${behavior.originRequest} returned a result that CloudFront refuses: ${result.reason}.`,
        "LambdaValidationError",
      );
    if (result.kind === "response") return { ...result, cacheResult: "LambdaGeneratedResponse" };
    ({ request: outgoing, origin } = result);
  }
  if (origin.kind === "s3") return fetchFromS3(edge.cloud, distribution, origin, outgoing);
  if (!outgoing.upgrade) return edge.origins.fetch(origin, outgoing, signal);
  const port = originPort({ port: (name) => edge.cloud.listenerPorts.get(name) }, origin);
  return connectWebSocket(port, origin, outgoing, signal);
}

async function invokeLambda(edge: EdgeParts, arn: string, event: unknown): Promise<unknown> {
  const input = { FunctionArn: arn, Edge: edge.name, Event: event };
  try {
    return await edge.cloud.call("lambda", "InvokeEdge", input, { region: "us-east-1" });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new EdgeError(503, `Lambda@Edge ${arn} failed: ${error.message}`, "LambdaExecutionError", {
      cause: error,
    });
  }
}

function withPolicy(behavior: Behavior, response: EdgeResponse): EdgeResponse {
  if (behavior.responseHeaders === undefined || response.tunnel !== undefined) return response;
  return { ...response, fields: applyResponseHeaders(behavior.responseHeaders, response.fields) };
}

/** Runs the viewer-response function. It does not run for error responses or for an open WebSocket. */
async function toViewer(
  journey: Journey,
  viewer: EdgeRequest,
  response: EdgeResponse,
): Promise<EdgeResponse> {
  const { edge, distribution, behavior } = journey;
  if (behavior.viewerResponse === undefined || response.status >= 400 || response.tunnel !== undefined)
    return response;
  const changed = await edge.functions
    .viewerResponse(behavior.viewerResponse, distribution, viewer, response)
    .catch((error: unknown) => {
      letGo(response.body);
      throw error;
    });
  if (changed.body !== response.body) letGo(response.body);
  return changed;
}

/** Destroys a stream that will not be read. */
function letGo(body: EdgeResponse["body"]): void {
  if (body !== undefined && !(body instanceof Uint8Array)) body.destroy();
}

function asEdgeError(edge: EdgeParts, error: unknown): EdgeError {
  if (error instanceof EdgeError) {
    edge.cloud.log(`${edge.name}: ${error.status} ${error.message}`);
    return error;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  edge.cloud.log(`${edge.name}: failed: ${stack}`);
  return new EdgeError(500, `The simulated edge failed: ${String(error)}`, "Error", { cause: error });
}

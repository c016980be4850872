/**
 * Routing of REST services (S3, CloudFront, KeyValueStore, Lambda, Scheduler): from method and path to an action.
 *
 * **A service declares nothing for the wire.** Routes, and how each protocol reads input and writes output (labels,
 * query members, headers, payloads, list wrappers, timestamp formats, statuses of errors), come from the model in the
 * service's SDK client (`models.ts`, `schema.ts`). A service has `actions` with AWS's names, whose input and output
 * have the shape of the SDK for JavaScript:
 *
 *     actions: {
 *       Invoke: (input: InvocationRequest) => ({ StatusCode: 200, Payload: bytes }),   // → HTTP status and body
 *       PutKey: (input: PutKeyRequest) => ({ ItemCount, TotalSizeInBytes, ETag }), // → ETag as header, the rest as JSON
 *       CreateDistribution: (input) => ({ Distribution, Location, ETag }),             // → XML and headers
 *     }
 *
 * The wire converts values:
 * - blobs are `Uint8Array`s, in and out; timestamps are `Date`s; `undefined` members are omitted;
 * - CloudFront's `{Quantity, Items}` have `Items` as an array and `Quantity` as sent; the service checks and returns
 *   both;
 * - an `AwsError` becomes the protocol's error document: `statusCode` is the HTTP status, `code` the `error.name` in
 *   SDK clients, and `detail` contains further members.
 *
 * A service without an installed client (EC2, ECR, IAM, SQS) is read without a model: JSON bodies unchanged, query
 * bodies with lists for numbered keys (`Filter.1.Name`) and strings as leaves.
 */
import { type Shape, shapeOf } from "./schema.ts";
import type { OperationSchema } from "./sdk-schemas.ts";

export interface Route {
  action: string;
  method: string;
  /**
   * Segments of the path template: a literal, `{label}`, or a greedy `{label+}` that matches the rest including
   * slashes.
   */
  segments: string[];
  /** Query parameters that the template requires, without `x-id`, which only the JavaScript SDK sends. */
  query: [name: string, value: string | undefined][];
  /** Required members outside path and body. They distinguish UploadPart and CopyObject from PutObject. */
  demands: { query: string[]; headers: string[] };
  /** HTTP status of success. */
  status: number;
  input: Shape;
  output: Shape;
}

export interface Match {
  route: Route;
  labels: Record<string, string>;
}

/** Returns the route of a REST operation; `undefined` for an operation of an RPC protocol. */
export function routeOf(operation: OperationSchema): Route | undefined {
  if (operation.http === undefined) return undefined;
  const [method, template, status] = operation.http;
  const [path, search] = template.split("?") as [string, string | undefined];
  const input = shapeOf(operation.input);
  return {
    action: operation.name,
    method,
    segments: path.split("/").slice(1),
    query: [...new URLSearchParams(search ?? "")]
      .filter(([name]) => name !== "x-id")
      .map(([name, value]) => [name, value === "" ? undefined : value]),
    demands: demandsOf(input),
    status,
    input,
    output: shapeOf(operation.output),
  };
}

/**
 * Returns the most specific route that matches a request: by its fixed and required parameters, then by literal
 * segments. A missing required parameter lowers a route's rank, but only the service refuses it.
 *
 * @param path percent-encoded, so that an encoded slash stays in its segment; labels are returned decoded
 */
export function matchRoute(
  routes: Route[],
  request: { method: string; path: string; query: URLSearchParams; headers: Record<string, string> },
): Match | undefined {
  const given = request.path.split("/").slice(1);
  let best: (Match & { weight: number }) | undefined;
  for (const route of routes) {
    if (route.method !== request.method) continue;
    if (!route.query.every(([name, value]) => hasParameter(request.query, name, value))) continue;
    const labels = matchSegments(route.segments, given);
    if (labels === undefined) continue;
    const weight = weigh(route, request);
    if (best === undefined || weight > best.weight) best = { route, labels, weight };
  }
  return best;
}

function demandsOf(input: Shape): Route["demands"] {
  const demanded = input.members().filter(([name]) => input.required.includes(name));
  return {
    query: demanded.flatMap(([, { traits }]) => traits.httpQuery ?? []),
    headers: demanded.flatMap(([, { traits }]) => traits.httpHeader?.toLowerCase() ?? []),
  };
}

function hasParameter(query: URLSearchParams, name: string, value: string | undefined): boolean {
  return query.has(name) && (value === undefined || query.get(name) === value);
}

function weigh(route: Route, request: { query: URLSearchParams; headers: Record<string, string> }): number {
  const demands = [
    ...route.demands.query.map((name) => request.query.has(name)),
    ...route.demands.headers.map((name) => request.headers[name] !== undefined),
  ];
  const met = demands.filter(Boolean).length;
  const missing = demands.length - met;
  const literal = route.segments.filter((segment) => !segment.startsWith("{")).length;
  return (route.query.length + met - missing) * 100 + literal;
}

function matchSegments(template: string[], given: string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, segment] of template.entries()) {
    const value = given[index];
    if (value === undefined) return undefined;
    if (!segment.startsWith("{")) {
      if (segment !== value) return undefined;
    } else if (segment.endsWith("+}")) {
      const rest = given.slice(index).join("/");
      if (rest === "") return undefined;
      labels[segment.slice(1, -2)] = decodeURIComponent(rest);
      return labels;
    } else {
      if (value === "") return undefined;
      labels[segment.slice(1, -1)] = decodeURIComponent(value);
    }
  }
  return given.length === template.length ? labels : undefined;
}

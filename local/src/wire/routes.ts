/**
 * REST services (S3, CloudFront, KeyValueStore, Lambda, Scheduler): from method and path to an action.
 *
 * **A service declares nothing for the wire.** Routes, and for every protocol how input is read and output written
 * (labels, query members, headers, payloads, list wrappers, timestamp formats, statuses of errors), come from the
 * model inside the service's own SDK client (`models.ts`, `schema.ts`). A service has its `actions`, named as AWS
 * names them, whose input and output have the shape of the SDK for JavaScript:
 *
 *     actions: {
 *       Invoke: (input: InvocationRequest) => ({ StatusCode: 200, Payload: bytes }),   // → HTTP status and body
 *       PutKey: (input: PutKeyRequest) => ({ ItemCount, TotalSizeInBytes, ETag }),     // → ETag is a header, the rest JSON
 *       CreateDistribution: (input) => ({ Distribution, Location, ETag }),             // → XML and headers
 *     }
 *
 * What the wire does with values:
 * - a `Uint8Array` for blobs, in and out; a `Date` for timestamps; `undefined` members are left out;
 * - CloudFront's `{Quantity, Items}` arrive with `Items` as an array and `Quantity` as sent: check them, give both back;
 * - an `AwsError` becomes the protocol's error document; its `statusCode` is the HTTP status, its `code` the
 *   `error.name` that SDK clients see, its `detail` further members.
 *
 * A service whose client is not installed (EC2, ECR, IAM, SNS, SQS, Application Auto Scaling) is read without a model:
 * JSON bodies as they are, query bodies with lists where keys count (`Filter.1.Name`), all leaves strings.
 */
import { type Shape, shapeOf } from "./schema.ts";
import type { OperationSchema } from "./sdk-schemas.ts";

export interface Route {
  action: string;
  method: string;
  /** Of the path template: a literal, or `{label}`, or a greedy `{label+}` that takes the rest with its slashes. */
  segments: string[];
  /** Query parameters that the template fixes; `x-id` is left out, since only the JavaScript SDK sends it. */
  query: [name: string, value: string | undefined][];
  /** Required members outside path and body: they tell UploadPart and CopyObject from PutObject. */
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

/** The route of a REST operation; `undefined` for an operation of an RPC protocol. */
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
 * The most specific of the routes that take a request: by fixed and demanded parameters that are there, then by literal
 * segments. A demanded parameter that is missing counts against a route, but the service is the one to refuse it.
 *
 * @param path still percent-encoded, so that an encoded slash stays inside its segment; labels come decoded
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

import { notImplemented } from "../aws-error.ts";
import { bodyShape, isInBody, payloadOf, readBindings, writeBindings } from "./http-bindings.ts";
import { parseJson, readJson, writeJson } from "./json.ts";
import { XML_NAMESPACES } from "./models.ts";
import {
  failureOf,
  type Invocation,
  type Protocol,
  type WireRequest,
  type WireResponse,
} from "./protocol.ts";
import { type Match, matchRoute, type Route } from "./routes.ts";
import type { Shape } from "./schema.ts";
import { escapeXml, readXml, writeContent, writeXml } from "./xml.ts";

/** How a REST protocol reads and writes structures in bodies. */
interface Codec {
  contentType: string;
  read(shape: Shape, body: Buffer): Record<string, unknown>;
  write(shape: Shape, value: unknown, request: WireRequest): string;
}

const NAMED = { jsonNames: true };

const json: Codec = {
  contentType: "application/json",
  read: (shape, body) => readJson(shape, parseJson(body), NAMED),
  write: (shape, value) => JSON.stringify(writeJson(shape, value, NAMED) ?? {}),
};

export const xml: Codec = {
  contentType: "application/xml",
  read: readXml,
  write: (shape, value, request) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(
      shape.traits.xmlName ?? shape.name,
      shape,
      value,
      ` xmlns="${XML_NAMESPACES[request.service]}"`,
    )}`,
};

/** REST-JSON: KeyValueStore, Lambda, Scheduler. */
export const restJson: Protocol = {
  read: (request, model) =>
    invocation(json, request, routeRequest(request, model?.routes ?? [], request.path)),
  fail(error, _request, model) {
    const failure = failureOf(error, model);
    return {
      status: failure.status,
      headers: { "content-type": json.contentType, "x-amzn-errortype": failure.name },
      body: JSON.stringify({
        __type: failure.name,
        message: failure.message,
        Message: failure.message,
        ...(writeJson(undefined, failure.detail, NAMED) as object),
      }),
    };
  },
};

/** REST-XML: CloudFront. */
export const restXml: Protocol = {
  read: (request, model) =>
    invocation(xml, request, routeRequest(request, model?.routes ?? [], request.path)),
  fail(error, request, model) {
    const failure = failureOf(error, model);
    const content =
      `<Type>${failure.side}</Type><Code>${escapeXml(failure.queryCode)}</Code>` +
      `<Message>${escapeXml(failure.message)}</Message>${writeContent(undefined, failure.detail)}`;
    return {
      status: failure.status,
      headers: { "content-type": "text/xml" },
      body:
        `<ErrorResponse xmlns="${XML_NAMESPACES[request.service]}"><Error>${content}</Error>` +
        `<RequestId>${request.requestId}</RequestId></ErrorResponse>`,
    };
  },
};

/** Returns the route of a request. Throws an error with method and path if there is none. */
export function routeRequest(request: WireRequest, routes: Route[], path: string): Match {
  const match = matchRoute(routes, { ...request, path });
  if (match === undefined) throw notImplemented(`${request.service}: ${request.method} ${path}`);
  return match;
}

/** Parses a request with the input of its route. */
export function invocation(codec: Codec, request: WireRequest, match: Match): Invocation {
  const { route } = match;
  return {
    action: route.action,
    input: { ...readBindings(match, request), ...readPayload(codec, request.body, route.input) },
    reply: (output) => writeReply(codec, request, route, output ?? {}),
  };
}

function readPayload(codec: Codec, body: Buffer, shape: Shape): Record<string, unknown> {
  const payload = payloadOf(shape);
  if (payload !== undefined) {
    const [name, member] = payload;
    if (member.kind === "blob") return { [name]: body };
    if (body.length === 0) return {};
    if (member.kind === "string") return { [name]: body.toString("utf8") };
    return { [name]: codec.read(member, body) };
  }
  return body.length > 0 && shape.members().some(([, member]) => isInBody(member))
    ? codec.read(bodyShape(shape), body)
    : {};
}

function writeReply(
  codec: Codec,
  request: WireRequest,
  route: Route,
  output: Record<string, any>,
): WireResponse {
  const bindings = writeBindings(route.output, output);
  const status = bindings.status ?? route.status;
  const payload = payloadOf(route.output);
  const typed = { "content-type": codec.contentType, ...bindings.headers };
  if (payload !== undefined) {
    const [name, member] = payload;
    const value = output[name];
    if (member.kind === "blob" || member.kind === "string")
      return { status, headers: bindings.headers, body: value ?? "" };
    return value === undefined
      ? { status, headers: bindings.headers, body: "" }
      : { status, headers: typed, body: codec.write(member, value, request) };
  }
  const inBody = route.output.members().some(([, member]) => isInBody(member));
  if (request.method === "HEAD" || status === 204 || !inBody)
    return { status, headers: bindings.headers, body: "" };
  return { status, headers: typed, body: codec.write(bodyShape(route.output), output, request) };
}

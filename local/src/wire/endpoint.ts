import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AwsError } from "../aws-error.ts";
import type { Cloud, ServiceName } from "../cloud.ts";
import { faultControl } from "../faults/fault-control.ts";
import { ConnectionCut } from "../faults/fault-errors.ts";
import { Faults } from "../faults/faults.ts";
import { decodeBody, readBody } from "./body.ts";
import { cborRpc } from "./cbor-rpc.ts";
import { jsonRpc } from "./json-rpc.ts";
import { type Model, modelOf, serviceOfSigningName } from "./models.ts";
import type { Protocol, WireRequest, WireResponse } from "./protocol.ts";
import { queryParameters, queryRpc } from "./query-rpc.ts";
import { refuseMissing } from "./required.ts";
import { restJson, restXml } from "./rest.ts";
import { s3Rest } from "./s3-rest.ts";
import { readSignature } from "./signature.ts";

/** Handler for requests that are not AWS API calls: the image registry, the responses of custom resources. */
interface PathHandler {
  /** Path prefix, e.g. `/v2/`. */
  prefix: string;
  handle(request: IncomingMessage, response: ServerResponse): unknown;
}

export interface EndpointOptions {
  /** 0 selects a free port. */
  port: number;
  /** Address to listen on. Default `127.0.0.1`, which other machines cannot reach. */
  host?: string;
  /** Checked in order, before a request is read as an AWS call. */
  handlers?: PathHandler[];
  /** Makes clients' calls fail. Default: no rules, until a client sets some at `/_local/faults`. */
  faults?: Faults;
}

export interface Endpoint {
  /** `http://127.0.0.1:<port>` */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves the APIs of all registered services on one port. The signature of a request selects service and region. Sets
 * `cloud.endpoint`. Rejects with Node's error when the port is in use.
 */
export async function startEndpoint(cloud: Cloud, options: EndpointOptions): Promise<Endpoint> {
  const faults = options.faults ?? new Faults({ operations: () => cloud.operations() });
  const handlers = [...(options.handlers ?? []), faultControl(faults)];
  const server = createServer((request, response) => {
    const handler = handlers.find(({ prefix }) => request.url?.startsWith(prefix));
    const done =
      handler === undefined
        ? serve(cloud, faults, request, response)
        : handleWith(handler, request, response);
    done.catch((error: Error) => {
      cloud.log(`${request.method} ${request.url} failed: ${error.stack}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(error.message);
    });
  });
  // Clients keep connections for minutes. The default of 5 s would reset connections in use.
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host ?? "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cloud.endpoint = url;
  return {
    url,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function handleWith(
  handler: PathHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await handler.handle(request, response);
}

async function serve(
  cloud: Cloud,
  faults: Faults,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const answer = await answerTo(cloud, faults, incoming, requestId);
  if (answer === "cut") {
    incoming.socket.destroy();
    return;
  }
  const body = typeof answer.body === "string" ? Buffer.from(answer.body, "utf8") : answer.body;
  const bodiless = answer.status === 204 || answer.status === 304;
  outgoing.writeHead(answer.status, {
    ...(bodiless || incoming.method === "HEAD" ? {} : { "content-length": body.length }),
    "x-amzn-requestid": requestId,
    "x-amz-request-id": requestId,
    ...answer.headers,
  });
  outgoing.end(bodiless || incoming.method === "HEAD" ? undefined : body);
}

async function answerTo(
  cloud: Cloud,
  faults: Faults,
  incoming: IncomingMessage,
  requestId: string,
): Promise<WireResponse | "cut"> {
  const [path = "/", search = ""] = (incoming.url ?? "/").split(/\?(.*)/s);
  const headers = flatHeaders(incoming);
  const body = await readBody(incoming);
  const request: WireRequest = {
    method: incoming.method ?? "GET",
    path,
    query: new URLSearchParams(search),
    headers,
    body,
    // Defaults until the signature is parsed. S3's error format is the most readable for an unsigned client.
    service: "s3",
    region: "us-east-1",
    requestId,
  };
  let protocol: Protocol = guessProtocol(request);
  let model: Model | undefined;
  try {
    const signature = readSignature(headers, request.query, cloud.now());
    if (signature === undefined) throw refuseUnsigned();
    request.service = serviceOfSigningName(signature.signingName);
    request.region = signature.region;
    request.body = decodeBody(body, headers, request.service === "s3");
    protocol = protocolOf(request);
    model = await modelOf(request.service);
    return await run(cloud, faults, request, protocol, model);
  } catch (error) {
    if (error instanceof ConnectionCut) return "cut";
    return protocol.fail(asAwsError(cloud, request, error), request, model);
  }
}

async function run(
  cloud: Cloud,
  faults: Faults,
  request: WireRequest,
  protocol: Protocol,
  model: Model | undefined,
): Promise<WireResponse> {
  const { action, input, reply } = protocol.read(request, model);
  refuseMissing(request.service, model?.operations.get(action)?.input, input);
  const { service, region } = request;
  return reply(await faults.around(service, action, () => cloud.call(service, action, input, { region })));
}

const REST: Partial<Record<ServiceName, Protocol>> = {
  s3: s3Rest,
  cloudfront: restXml,
  "cloudfront-keyvaluestore": restJson,
  lambda: restJson,
  scheduler: restJson,
};

/** A client may use any protocol of its service; the form of the request shows which. */
function protocolOf(request: WireRequest): Protocol {
  return REST[request.service] ?? guessProtocol(request);
}

function guessProtocol(request: WireRequest): Protocol {
  if (request.headers["smithy-protocol"] === "rpc-v2-cbor") return cborRpc;
  if (request.headers["x-amz-target"] !== undefined) return jsonRpc;
  if (queryParameters(request).has("Action")) return queryRpc;
  return s3Rest;
}

function flatHeaders(incoming: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : (value ?? ""),
    ]),
  );
}

function refuseUnsigned(): AwsError {
  return new AwsError(
    "MissingAuthenticationToken",
    "The request is not signed. Call with an AWS SDK or the AWS CLI; any credentials are accepted.",
    403,
  );
}

function asAwsError(cloud: Cloud, request: WireRequest, error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof URIError) return new AwsError("InvalidURI", "The path is not percent-encoded UTF-8.");
  const failure = error instanceof Error ? error : new Error(String(error));
  cloud.log(`${request.service} ${request.method} ${request.path} failed: ${failure.stack}`);
  return new AwsError(
    "InternalFailure",
    `The local AWS failed in ${request.service}: ${failure.message}. See its log for the stack.`,
    500,
  );
}

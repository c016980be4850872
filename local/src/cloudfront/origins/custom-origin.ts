import type { Readable } from "node:stream";
import { Pool } from "undici";
import type { CustomOrigin } from "../configuration/distribution.ts";
import { EdgeError } from "../exchange/edge-error.ts";
import {
  type EdgeRequest,
  type EdgeResponse,
  type Fields,
  HOP_BY_HOP,
  newFields,
} from "../exchange/exchange.ts";
import { letFail } from "../exchange/let-fail.ts";

export interface CustomOriginsOptions {
  /** Returns the local port of the listener `<name>:<port>`; undefined if there is none. */
  port(name: string): number | undefined;
}

/** Kept-alive connections of one edge to custom origins. */
export interface CustomOrigins {
  /** @param signal aborts the request and the body of its response */
  fetch(origin: CustomOrigin, request: EdgeRequest, signal: AbortSignal): Promise<EdgeResponse>;
  close(): Promise<void>;
}

export function createCustomOrigins(options: CustomOriginsOptions): CustomOrigins {
  const pools = new Map<string, Pool>();
  return {
    async fetch(origin, request, signal) {
      const port = originPort(options, origin);
      const pool = poolOf(pools, origin, port);
      // Only GET and HEAD are retried after a lost response: other requests may have had an effect.
      const repeatable = request.method === "GET" || request.method === "HEAD";
      for (let attempt = 1; ; attempt++) {
        try {
          return await send(pool, origin, request, signal);
        } catch (error) {
          const code = (error as { code?: string }).code ?? "";
          const again =
            request.body === undefined &&
            (CONNECT_ERRORS.has(code) || (repeatable && RESET_ERRORS.has(code)));
          if (signal.aborted || !again || attempt >= origin.connectionAttempts)
            throw originError(error, origin, signal);
        }
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}

/** Returns the port of an origin on this machine. The origin's protocol does not matter: nothing is encrypted here. */
export function originPort(options: CustomOriginsOptions, origin: CustomOrigin): number {
  const name = `${origin.domainName}:${origin.port}`;
  const port = options.port(name);
  if (port === undefined)
    throw new EdgeError(
      502,
      `CloudFront cannot resolve or reach the origin ${name}: no load balancer listens there.`,
    );
  return port;
}

const CONNECT_ERRORS = new Set(["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT"]);
const RESET_ERRORS = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

function poolOf(pools: Map<string, Pool>, origin: CustomOrigin, port: number): Pool {
  const key = `${port} ${origin.keepaliveTimeoutSeconds} ${origin.connectionTimeoutMs}`;
  let pool = pools.get(key);
  if (pool === undefined) {
    pool = new Pool(`http://127.0.0.1:${port}`, {
      allowH2: false,
      keepAliveTimeout: origin.keepaliveTimeoutSeconds * 1000,
      keepAliveMaxTimeout: origin.keepaliveTimeoutSeconds * 1000,
      connect: { timeout: origin.connectionTimeoutMs },
    });
    pools.set(key, pool);
  }
  return pool;
}

async function send(
  pool: Pool,
  origin: CustomOrigin,
  request: EdgeRequest,
  signal: AbortSignal,
): Promise<EdgeResponse> {
  const timeoutMs = origin.readTimeoutSeconds * 1000;
  const response = await pool.request({
    method: request.method as "GET",
    path: originPath(origin.path, request),
    headers: originHeaders(request, origin),
    // undici gets an iterator, because on a failure it would destroy the stream itself and so close the viewer's
    // connection.
    body: request.body?.iterator({ destroyOnReturn: false }) as Readable | undefined,
    responseHeaders: "raw",
    // A slow upload does not count against the origin: CloudFront counts from the last byte that it sent.
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    signal,
  });
  letFail(response.body);
  const fields = responseFields(response.headers as unknown as string[]);
  return {
    status: response.statusCode,
    fields,
    body: response.body,
    cacheResult: response.statusCode >= 400 ? "Error" : "Miss",
  };
}

/** Returns the target of the request line. */
export function originPath(prefix: string, { path, query }: EdgeRequest): string {
  return query === "" ? `${prefix}${path}` : `${prefix}${path}?${query}`;
}

/** Returns the request's headers and the origin's custom headers as a flat list: name, value, name, value … */
export function originHeaders({ fields, id }: EdgeRequest, origin: CustomOrigin): string[] {
  const flat: string[] = [];
  for (const name in fields) {
    if (name === "transfer-encoding") continue; // undici adds it when the length is unknown
    for (const value of fields[name]!) flat.push(name, value);
  }
  for (const [name, value] of origin.customHeaders) flat.push(name, value);
  flat.push("x-amz-cf-id", id);
  return flat;
}

/** Converts an origin's raw header list to fields, without hop-by-hop fields. */
export function responseFields(raw: readonly string[]): Fields {
  const fields = newFields();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (HOP_BY_HOP.has(name) || name === "transfer-encoding") continue;
    const lines = fields[name];
    if (lines === undefined) fields[name] = [raw[index + 1]!];
    else lines.push(raw[index + 1]!);
  }
  return fields;
}

export function originError(error: unknown, origin: CustomOrigin, signal: AbortSignal): Error {
  if (signal.aborted) return error as Error;
  const code = (error as { code?: string }).code ?? "";
  const name = `${origin.domainName}:${origin.port}`;
  if (code === "UND_ERR_HEADERS_TIMEOUT")
    return new EdgeError(
      504,
      `The origin ${name} did not answer within ${origin.readTimeoutSeconds} s.`,
      "Error",
      { cause: error },
    );
  if (code === "UND_ERR_CONNECT_TIMEOUT")
    return new EdgeError(
      504,
      `The origin ${name} could not be reached within ${origin.connectionTimeoutMs} ms.`,
      "Error",
      { cause: error },
    );
  const what =
    code === "ECONNREFUSED"
      ? "refused the connection"
      : `closed the connection or did not answer in HTTP (${code})`;
  return new EdgeError(502, `The origin ${name} ${what}.`, "Error", { cause: error });
}

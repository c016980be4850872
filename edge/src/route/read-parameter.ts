import http, { type Agent, type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { type SignedRequest, signGetParameter } from "./sign-get-parameter.ts";

/** A connection that was idle for longer is not reused: SSM may have closed it while the environment was frozen. */
const IDLE_LIMIT_MS = 15_000;
/** A longer response is refused. A parameter has at most 8 KB, and JSON escapes can make it a few times as long. */
const MAX_ANSWER_BYTES = 128 * 1024;

export interface ParameterReaderOptions {
  /** Name of the SSM parameter. */
  name: string;
  region: string;
  /** A read that takes longer fails, and its connection is closed. */
  timeoutMs: number;
  /**
   * Contains the credentials, and may contain `AWS_ENDPOINT_URL_SSM` or `AWS_ENDPOINT_URL`, which every AWS SDK honors.
   */
  environment: Record<string, string | undefined>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * Returns a function that reads one SSM parameter over a kept-alive connection. It signs the request itself and sends
 * it with node:https, because loading the SDK's client makes a cold start three times as long (docs/decisions/024).
 *
 * The function rejects when SSM does not answer in time, or answers without a value; the message quotes SSM's answer.
 */
export function createParameterReader(options: ParameterReaderOptions): () => Promise<string> {
  const endpoint = endpointOf(options);
  const { request, Agent } = endpoint.protocol === "http:" ? http : https;
  let agent = newAgent();
  let usedAt = Number.NEGATIVE_INFINITY;

  function newAgent(): Agent {
    return new Agent({ keepAlive: true, maxFreeSockets: 1 });
  }

  return async () => {
    if (Math.abs(options.now() - usedAt) > IDLE_LIMIT_MS) {
      agent.destroy();
      agent = newAgent();
    }
    usedAt = options.now();
    const send = (): ClientRequest => request(endpoint, { method: "POST", agent });
    const signed = signedRequest(endpoint.host, options);
    const answer = await ask(send, signed, options.timeoutMs).catch((error: unknown) => {
      // SSM closed the kept connection while the request was on its way, so this sends it again on a new connection.
      if (!(error instanceof StaleConnection)) throw error;
      return ask(send, signed, options.timeoutMs);
    });
    usedAt = options.now();
    return parameterOf(answer);
  };
}

interface Answer {
  status: number | undefined;
  body: string;
}

class StaleConnection extends Error {}

/** Sends one request and reads its answer. Rejects with StaleConnection when SSM has closed a kept connection. */
function ask(
  send: () => ClientRequest,
  { headers, body }: SignedRequest,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = send();
    for (const name in headers) outgoing.setHeader(name, headers[name]!);
    const deadline = setTimeout(
      () => outgoing.destroy(new Error(`SSM did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    outgoing.on("response", (incoming) => collect(incoming, outgoing, resolve));
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      reject(isStale ? new StaleConnection(error.message, { cause: error }) : error);
    });
    outgoing.on("close", () => {
      clearTimeout(deadline);
      reject(new Error("SSM closed the connection before its answer ended"));
    });
    outgoing.end(body);
  });
}

function collect(incoming: IncomingMessage, outgoing: ClientRequest, done: (answer: Answer) => void): void {
  let body = "";
  incoming.setEncoding("utf8");
  incoming.on("data", (chunk: string) => {
    body += chunk;
    if (body.length > MAX_ANSWER_BYTES) outgoing.destroy(new Error("the answer of SSM is too large"));
  });
  incoming.on("end", () => done({ status: incoming.statusCode, body }));
}

function endpointOf({ environment, region }: ParameterReaderOptions): URL {
  const override = environment.AWS_ENDPOINT_URL_SSM || environment.AWS_ENDPOINT_URL;
  return new URL(override || `https://ssm.${region}.amazonaws.com`);
}

function signedRequest(
  host: string,
  { name, region, environment, now }: ParameterReaderOptions,
): SignedRequest {
  const accessKeyId = environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.AWS_SECRET_ACCESS_KEY;
  if (!accessKeyId || !secretAccessKey) throw new Error("there are no credentials in the environment");
  const key = { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN, region };
  return signGetParameter(name, host, key, now());
}

/** Returns the parameter's value. Throws when the answer has none. */
function parameterOf({ status, body }: Answer): string {
  const value = status === 200 ? valueIn(body) : undefined;
  if (value === undefined) throw new Error(`SSM answered ${status}: ${body.slice(0, 300)}`);
  return value;
}

function valueIn(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body)?.Parameter?.Value;
    return typeof value === "string" ? value : undefined;
  } catch (_notJson) {
    return undefined;
  }
}

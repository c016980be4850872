import http from "node:http";
import https from "node:https";
import { sign } from "aws4";

/** An SSM answer with the largest parameter is 8 KB of value, escaped, and a few hundred bytes around it. */
const ANSWER_MAX_CHARACTERS = 65_536;
/** A connection that was idle for longer is not used again: the environment may have been frozen, and the other end gone. */
const IDLE_LIMIT_MS = 15_000;

export interface ParameterReaderOptions {
  /** Name of the SSM parameter. */
  name: string;
  region: string;
  /** Past it a read is given up and its connection closed. */
  timeoutMs: number;
  /** Credentials, and `AWS_ENDPOINT_URL_SSM` or `AWS_ENDPOINT_URL` as every AWS SDK honours them. */
  environment: Record<string, string | undefined>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** The other end closed a kept connection while it was idle: nothing is wrong, a new one does. */
class ConnectionLost extends Error {}

/**
 * Reads one SSM parameter over a connection that is kept alive. A bare signed request instead of the SDK's client: loading
 * that client takes about five times as long, and a cold start is a page that waits.
 *
 * The returned function rejects when SSM does not answer in time, or not with a value; the message holds SSM's own words.
 */
export function createParameterReader(options: ParameterReaderOptions): () => Promise<string> {
  const endpoint = endpointOf(options);
  const { Agent } = endpoint.protocol === "http:" ? http : https;
  let agent = new Agent({ keepAlive: true });
  let usedAt = options.now();

  return async () => {
    const at = options.now();
    if (Math.abs(at - usedAt) > IDLE_LIMIT_MS) renewAgent();
    usedAt = at;
    try {
      return await exchange(endpoint, agent, options);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      renewAgent();
      return await exchange(endpoint, agent, options);
    }
  };

  function renewAgent(): void {
    agent.destroy();
    agent = new Agent({ keepAlive: true });
  }
}

function endpointOf({ environment, region }: ParameterReaderOptions): URL {
  const override = environment.AWS_ENDPOINT_URL_SSM || environment.AWS_ENDPOINT_URL;
  return new URL(override || `https://ssm.${region}.amazonaws.com`);
}

/** One request and its answer. */
function exchange(endpoint: URL, agent: http.Agent, options: ParameterReaderOptions): Promise<string> {
  const body = JSON.stringify({ Name: options.name });
  const headers = signedHeaders(endpoint.host, body, options);
  const { request } = endpoint.protocol === "http:" ? http : https;
  return new Promise((resolve, reject) => {
    const hostname = endpoint.hostname.replace(/^\[|\]$/g, "");
    const outgoing = request({ agent, hostname, port: endpoint.port, method: "POST", path: "/", headers });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`SSM did not answer within ${options.timeoutMs} ms`)),
      options.timeoutMs,
    );
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      const lost = outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      reject(lost ? new ConnectionLost() : error);
    };
    outgoing.on("error", fail);
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("error", fail);
      incoming.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_MAX_CHARACTERS)
          incoming.destroy(new Error("the answer of SSM is too large"));
      });
      incoming.on("end", () => {
        clearTimeout(timer);
        const value = incoming.statusCode === 200 ? parameterValue(text) : undefined;
        if (value !== undefined) resolve(value);
        else reject(new Error(`SSM answered ${incoming.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    outgoing.end(body);
  });
}

function signedHeaders(host: string, body: string, options: ParameterReaderOptions): Record<string, string> {
  const { environment, region } = options;
  const accessKeyId = environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.AWS_SECRET_ACCESS_KEY;
  if (!accessKeyId || !secretAccessKey) throw new Error("there are no credentials in the environment");
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter" };
  const signed = sign(
    { service: "ssm", region, host, method: "POST", path: "/", headers, body },
    { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN },
  );
  return signed.headers as Record<string, string>;
}

function parameterValue(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)?.Parameter?.Value;
    return typeof value === "string" ? value : undefined;
  } catch (_notJson) {
    return undefined;
  }
}

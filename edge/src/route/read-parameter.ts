import type { HttpAnswer } from "./http-answer.ts";
import { ConnectionLost, HttpConnection } from "./http-connection.ts";
import { openSocket } from "./open-socket.ts";
import { signGetParameter } from "./sign-get-parameter.ts";

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

/**
 * Reads one SSM parameter over a connection that is kept alive. A signed request straight over TLS instead of the SDK's
 * client: loading that client takes about five times as long, and a cold start is a page that waits (docs/decisions/022).
 *
 * The returned function rejects when SSM does not answer in time, or not with a value; the message holds SSM's own words.
 */
export function createParameterReader(options: ParameterReaderOptions): () => Promise<string> {
  const endpoint = endpointOf(options);
  /** Waits for the next read, which takes it away: no two reads ever share one. */
  let idle: HttpConnection | undefined;
  let idleSince = 0;

  return async () => {
    const kept = takeIdle();
    if (kept !== undefined) {
      try {
        return parameterOf(await ask(Promise.resolve(kept)));
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
      }
    }
    return parameterOf(await ask(connect()));
  };

  function takeIdle(): HttpConnection | undefined {
    const kept = idle;
    idle = undefined;
    if (kept?.isOpen && Math.abs(options.now() - idleSince) <= IDLE_LIMIT_MS) return kept;
    kept?.close(new ConnectionLost());
    return undefined;
  }

  async function connect(): Promise<HttpConnection> {
    return new HttpConnection(await openSocket(endpoint));
  }

  /** One request and its answer. The connection is kept for the next read, or closed: also one that opens too late. */
  async function ask(opening: Promise<HttpConnection>): Promise<HttpAnswer> {
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      deadline.reject(new Error(`SSM did not answer within ${options.timeoutMs} ms`));
    }, options.timeoutMs);
    try {
      // Signed while the connection opens.
      const request = signedRequest(endpoint.host, options);
      const connection = await Promise.race([opening, deadline.promise]);
      const answer = await Promise.race([connection.exchange(request), deadline.promise]);
      if (connection.isOpen) keep(connection);
      return answer;
    } catch (error) {
      opening.then(
        (connection) => connection.close(error as Error),
        () => {},
      );
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  function keep(connection: HttpConnection): void {
    idle?.close(new ConnectionLost());
    idle = connection;
    idleSince = options.now();
  }
}

function endpointOf({ environment, region }: ParameterReaderOptions): URL {
  const override = environment.AWS_ENDPOINT_URL_SSM || environment.AWS_ENDPOINT_URL;
  return new URL(override || `https://ssm.${region}.amazonaws.com`);
}

function signedRequest(host: string, { name, region, environment, now }: ParameterReaderOptions): string {
  const accessKeyId = environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.AWS_SECRET_ACCESS_KEY;
  if (!accessKeyId || !secretAccessKey) throw new Error("there are no credentials in the environment");
  const key = { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN, region };
  return signGetParameter(name, host, key, now());
}

/** The parameter's value; throws when SSM answered anything else. */
function parameterOf({ status, body }: HttpAnswer): string {
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

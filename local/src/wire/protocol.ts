import type { AwsError } from "../aws-error.ts";
import type { ServiceName } from "../cloud.ts";
import type { Model } from "./models.ts";

/** A request as protocols get it: with its whole body, after transfer encodings are removed. */
export interface WireRequest {
  method: string;
  /** Percent-encoded, without the query. */
  path: string;
  query: URLSearchParams;
  /** With lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  service: ServiceName;
  region: string;
  requestId: string;
}

export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** A parsed request: the action, its input, and how to send its output. */
export interface Invocation {
  action: string;
  input: Record<string, any>;
  reply(output: any): WireResponse;
}

export interface Protocol {
  /** Throws `AwsError` for an invalid request. */
  read(request: WireRequest, model: Model | undefined): Invocation;
  fail(error: AwsError, request: WireRequest, model: Model | undefined): WireResponse;
}

/** A failure with the names and the status of the service's model. */
export interface Failure {
  /** Shape name in the model, if any. JSON protocols use it. */
  name: string;
  /** Code in query protocols (`awsQueryError`), which is usually the same as `name`. */
  queryCode: string;
  status: number;
  /** The party at fault, as query protocols name it. */
  side: "Sender" | "Receiver";
  message: string;
  detail: Record<string, unknown>;
}

/**
 * Finds an error in the model. `ListenerNotFound` and `ListenerNotFoundException` are the same error, and services may
 * throw either.
 */
export function failureOf(error: AwsError, model: Model | undefined): Failure {
  const modelled = [...(model?.errors ?? [])].find(
    ([name, traits]) => name === error.code || traits.awsQueryError?.[0] === error.code,
  );
  const [name, traits] = modelled ?? [error.code, {}];
  const modelStatus = traits.awsQueryError?.[1] ?? traits.httpError;
  const status = error.statusCode === 400 ? (modelStatus ?? 400) : error.statusCode;
  return {
    name,
    queryCode: traits.awsQueryError?.[0] ?? error.code,
    status,
    side: status < 500 ? "Sender" : "Receiver",
    message: error.message,
    detail: error.detail,
  };
}

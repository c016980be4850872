import type { AwsError } from "../aws-error.ts";
import type { ServiceName } from "../cloud.ts";
import type { Model } from "./models.ts";

/** A request as the protocols see it: read to its end, its transfer encodings undone. */
export interface WireRequest {
  method: string;
  /** Percent-encoded, without the query. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
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

/** A request understood: what to run and how to answer with its output. */
export interface Invocation {
  action: string;
  input: Record<string, any>;
  reply(output: any): WireResponse;
}

export interface Protocol {
  /** Throws `AwsError` when the request cannot be understood. */
  read(request: WireRequest, model: Model | undefined): Invocation;
  fail(error: AwsError, request: WireRequest, model: Model | undefined): WireResponse;
}

/** What the protocols write of a failure, with the names and the status that the service's model gives. */
export interface Failure {
  /** Shape name in the model, where it has one: what JSON protocols name. */
  name: string;
  /** What query protocols call it (`awsQueryError`); the same as `name` in most cases. */
  queryCode: string;
  status: number;
  /** Who is to blame, as query protocols say it. */
  side: "Sender" | "Receiver";
  message: string;
  detail: Record<string, unknown>;
}

/** Both `ListenerNotFound` and `ListenerNotFoundException` name the same error: services may throw either. */
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

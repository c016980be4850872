import { AwsError } from "../aws-error.ts";
import type { ServiceName } from "../cloud.ts";

/** Thrown to close the connection without a response, so that the client cannot know the outcome. */
export class ConnectionCut extends Error {
  override readonly name = "ConnectionCut";
}

/** Closes the connection without a response. */
export const CUT = "cut";

interface NamedError {
  code: string;
  status: number;
}

/** Families of services with the same names for failures. */
type Dialect = "s3" | "query" | "json";

const DIALECTS: Partial<Record<ServiceName, Dialect>> = {
  s3: "s3",
  cloudformation: "query",
  cloudfront: "query",
  ec2: "query",
  elbv2: "query",
  iam: "query",
  sns: "query",
  sts: "query",
};

/** Kinds of failure, with their name and HTTP status in each dialect (AWS, "Common Errors"; S3, "Error responses"). */
const KINDS: Record<string, Record<Dialect, NamedError>> = {
  throttling: {
    s3: { code: "SlowDown", status: 503 },
    query: { code: "Throttling", status: 400 },
    json: { code: "ThrottlingException", status: 400 },
  },
  internal: {
    s3: { code: "InternalError", status: 500 },
    query: { code: "InternalFailure", status: 500 },
    json: { code: "InternalServerError", status: 500 },
  },
  unavailable: {
    s3: { code: "ServiceUnavailable", status: 503 },
    query: { code: "ServiceUnavailable", status: 503 },
    json: { code: "ServiceUnavailable", status: 503 },
  },
  "access-denied": {
    s3: { code: "AccessDenied", status: 403 },
    query: { code: "AccessDenied", status: 403 },
    json: { code: "AccessDeniedException", status: 400 },
  },
  timeout: {
    s3: { code: "RequestTimeout", status: 400 },
    query: { code: "RequestTimeout", status: 408 },
    json: { code: "RequestTimeoutException", status: 400 },
  },
};

/** Failures by AWS's own name, with their HTTP status. */
const STATUS_OF: Record<string, number> = {
  AccessDenied: 403,
  AccessDeniedException: 400,
  ExpiredToken: 400,
  ExpiredTokenException: 400,
  InternalError: 500,
  InternalFailure: 500,
  InternalServerError: 500,
  RequestLimitExceeded: 503,
  RequestTimeout: 400,
  RequestTimeoutException: 400,
  ServiceUnavailable: 503,
  ServiceUnavailableException: 503,
  SlowDown: 503,
  Throttling: 400,
  ThrottlingException: 400,
  TooManyRequestsException: 429,
  TooManyUpdates: 400,
  UnauthorizedOperation: 403,
};

/** Values of a rule's `error`: kinds, `cut`, and AWS's own names. */
export const FAULT_ERRORS: readonly string[] = [...Object.keys(KINDS), CUT, ...Object.keys(STATUS_OF)];

/**
 * Creates the failure for a client.
 *
 * @param error one of `FAULT_ERRORS`
 */
export function faultError(error: string, service: ServiceName, action: string): AwsError | ConnectionCut {
  const why = `A fault rule of the local AWS makes ${service}:${action} fail.`;
  if (error === CUT) return new ConnectionCut(why);
  const kind = KINDS[error]?.[DIALECTS[service] ?? "json"];
  return new AwsError(kind?.code ?? error, why, kind?.status ?? STATUS_OF[error]);
}

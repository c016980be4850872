/** An error that the local AWS returns to clients, in the format of the service's protocol. */
export class AwsError extends Error {
  readonly code: string;
  readonly statusCode: number;
  /** Extra members of the error document (for example `Item` of a CloudFormation error). */
  readonly detail: Record<string, unknown>;

  constructor(code: string, message: string, statusCode = 400, detail: Record<string, unknown> = {}) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.statusCode = statusCode;
    this.detail = detail;
  }
}

/**
 * The error for everything that the local AWS does not implement. It names the feature; the local AWS never fakes
 * success.
 *
 * @param hint a sentence with an alternative
 */
export function notImplemented(what: string, hint = "See local/README.md for its scope."): AwsError {
  return new AwsError("NotImplemented", `${what} is not implemented by the local AWS. ${hint}`, 501);
}

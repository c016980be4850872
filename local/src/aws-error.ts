/** An error that the local AWS answers on the wire, in the shape of the service's protocol. */
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

/** What this local AWS does not know it refuses by name, never with a false success. */
export function notImplemented(what: string): AwsError {
  return new AwsError(
    "NotImplemented",
    `${what} is not implemented by the local AWS. See local/README.md for what is.`,
    501,
  );
}

import { type ErrorCode, LockstepError } from "../base/lockstep-error.ts";

/** Error names of AWS and Node, with the code of the known failure. */
const BY_NAME: Record<string, ErrorCode> = {
  CredentialsProviderError: "AWS_NO_CREDENTIALS",
  ExpiredToken: "AWS_CREDENTIALS_EXPIRED",
  ExpiredTokenException: "AWS_CREDENTIALS_EXPIRED",
  InvalidClientTokenId: "AWS_CREDENTIALS_EXPIRED",
  UnrecognizedClientException: "AWS_CREDENTIALS_EXPIRED",
  InvalidAccessKeyId: "AWS_CREDENTIALS_EXPIRED",
  SignatureDoesNotMatch: "AWS_CREDENTIALS_EXPIRED",
  TokenProviderError: "AWS_CREDENTIALS_EXPIRED",
  AccessDenied: "AWS_ACCESS_DENIED",
  AccessDeniedException: "AWS_ACCESS_DENIED",
  UnauthorizedOperation: "AWS_ACCESS_DENIED",
  Throttling: "AWS_THROTTLED",
  ThrottlingException: "AWS_THROTTLED",
  TooManyRequestsException: "AWS_THROTTLED",
  TooManyUpdates: "AWS_THROTTLED",
  SlowDown: "AWS_THROTTLED",
  RequestLimitExceeded: "AWS_THROTTLED",
  LimitExceededException: "AWS_QUOTA",
  ServiceQuotaExceededException: "AWS_QUOTA",
  TooManyTargetGroups: "AWS_QUOTA",
  TooManyRules: "AWS_QUOTA",
  InsufficientCapacityException: "AWS_CAPACITY",
  TimeoutError: "AWS_UNREACHABLE",
  ECONNREFUSED: "AWS_UNREACHABLE",
  ECONNRESET: "AWS_UNREACHABLE",
  ENOTFOUND: "AWS_UNREACHABLE",
  ETIMEDOUT: "AWS_UNREACHABLE",
  EAI_AGAIN: "AWS_UNREACHABLE",
};

/** Patterns for errors whose name is too general. They are checked before the names. */
const BY_MESSAGE: readonly (readonly [RegExp, ErrorCode])[] = [
  [/cdk-bootstrap|has not been bootstrapped/i, "AWS_NOT_BOOTSTRAPPED"],
  [/token (has|is) expired|session (has|is) expired|sso session/i, "AWS_CREDENTIALS_EXPIRED"],
  [/is not authorized to perform/i, "AWS_ACCESS_DENIED"],
  [/^rate exceeded/i, "AWS_THROTTLED"],
];

/** Patterns for the reason of a failed stack, which contains only the service's message. */
const BY_STACK_REASON: readonly (readonly [RegExp, ErrorCode])[] = [
  [/is not authorized to perform|access ?denied/i, "AWS_ACCESS_DENIED"],
  [/CannotPull|pull.*image|manifest unknown|image.*(not found|does not exist)/i, "IMAGE_NOT_FOUND"],
  [/capacity is unavailable|insufficient capacity|RESOURCE:(CPU|MEMORY|ENI)/i, "AWS_CAPACITY"],
  [/quota|limit exceeded|LimitExceeded|TooMany(TargetGroups|Rules|Targets)|maximum number of/i, "AWS_QUOTA"],
  [/rate exceeded|throttl/i, "AWS_THROTTLED"],
];

/** The known failure behind the reason of a failed stack; STACK_FAILED if there is none. */
export function codeOfStackReason(reason: string): ErrorCode {
  return BY_STACK_REASON.find(([pattern]) => pattern.test(reason))?.[1] ?? "STACK_FAILED";
}

/** The known failure behind an AWS error, with that error as its cause; `undefined` if it is not known. */
export function explainAwsFailure(error: unknown): LockstepError | undefined {
  if (!(error instanceof Error) || error instanceof LockstepError) return undefined;
  const { name, message, code } = error as Error & { code?: unknown };
  const byMessage = BY_MESSAGE.find(([pattern]) => pattern.test(message))?.[1];
  const known = byMessage ?? codeOfName(name) ?? codeOfName(String(code));
  return (
    known &&
    new LockstepError(known, `${missingAction(message)}${name}: ${message || String(code)}`, { cause: error })
  );
}

/** Returns "Missing: s3:GetObject on arn:…" from IAM's message; empty if the message names no action. */
function missingAction(message: string): string {
  const [, action, resource] =
    /is not authorized to perform:? ([\w-]+:\w+)(?: on resource:? "?([^\s",]+))?/i.exec(message) ?? [];
  if (action === undefined) return "";
  return `Missing: ${action}${resource === undefined ? "" : ` on ${resource}`}.\n`;
}

function codeOfName(name: string): ErrorCode | undefined {
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

import { AwsError } from "../aws-error.ts";
import type { ServiceName } from "../cloud.ts";
import type { Shape } from "./schema.ts";

/** Error codes for a missing required member, if not `ValidationException`. */
const CODES: Partial<Record<ServiceName, string>> = {
  cloudformation: "ValidationError",
  cloudfront: "InvalidArgument",
  ecs: "InvalidParameterException",
  elbv2: "ValidationError",
  lambda: "InvalidParameterValueException",
  logs: "InvalidParameterException",
  s3: "InvalidRequest",
  secretsmanager: "InvalidParameterException",
  sts: "ValidationError",
};

/** Refuses an input without a required member of the service's model. AWS checks this before anything else. */
export function refuseMissing(service: ServiceName, shape: Shape | undefined, input: object): void {
  const missing = shape?.required.filter((name) => (input as Record<string, unknown>)[name] === undefined);
  if (missing === undefined || missing.length === 0) return;
  const details = missing.map(
    (name) => `Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  );
  const count = `${missing.length} validation error${missing.length === 1 ? "" : "s"} detected`;
  throw new AwsError(CODES[service] ?? "ValidationException", `${count}: ${details.join("; ")}`);
}

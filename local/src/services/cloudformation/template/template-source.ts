import { AwsError } from "../../../aws-error.ts";
import type { Cloud, Scope } from "../../../cloud.ts";

/** Maximum size of a template in a request, in bytes (CloudFormation quotas). Larger templates are read from S3. */
const MAX_BODY_BYTES = 51_200;
/** Maximum size of a template on S3, in bytes (CloudFormation quotas). */
const MAX_OBJECT_BYTES = 1_048_576;

export interface TemplateSource {
  TemplateBody?: string;
  TemplateURL?: string;
  UsePreviousTemplate?: boolean;
}

/** Reads a template's text from the request, from S3 or from the stack. */
export async function templateBody(
  source: TemplateSource,
  previous: string | undefined,
  cloud: Cloud,
  scope: Scope,
): Promise<string> {
  const { TemplateBody: body, TemplateURL: url, UsePreviousTemplate: usePrevious } = source;
  if ([body, url, usePrevious || undefined].filter((each) => each !== undefined).length !== 1)
    throw invalid("Either Template URL or Template Body must be specified.");
  if (usePrevious) {
    if (previous === undefined) throw invalid("There is no previous template to use.");
    return previous;
  }
  if (url !== undefined) return checkSize(await readObject(url, cloud, scope), MAX_OBJECT_BYTES);
  return checkSize(body!, MAX_BODY_BYTES);
}

/**
 * Parses the bucket and key of a template URL: path style (`https://s3.<region>.amazonaws.com/bucket/key`, or
 * `http://127.0.0.1:4566/bucket/key` on the local endpoint) or virtual-host style
 * (`https://bucket.s3.<region>.amazonaws.com/key`).
 */
export function parseTemplateUrl(text: string): { bucket: string; key: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid(`TemplateURL must be a supported URL: ${text}`);
  }
  const path = decodeURIComponent(url.pathname.slice(1));
  const virtualHost = /^(.+)\.(?:s3[.-][a-z0-9.-]*amazonaws\.com|s3\.localhost|localhost)$/.exec(
    url.hostname,
  );
  if (virtualHost !== null) return { bucket: virtualHost[1]!, key: path };
  const slash = path.indexOf("/");
  if (slash < 1 || slash === path.length - 1)
    throw invalid(`TemplateURL must reference a valid S3 object to which you have access: ${text}`);
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

async function readObject(url: string, cloud: Cloud, scope: Scope): Promise<string> {
  const { bucket, key } = parseTemplateUrl(url);
  try {
    const object = await cloud.call("s3", "GetObject", { Bucket: bucket, Key: key }, scope);
    return Buffer.from(object.Body).toString();
  } catch (cause) {
    if (!(cause instanceof AwsError)) throw cause;
    throw invalid(
      `S3 error: ${cause.message} For more information check s3://${bucket}/${key} (${cause.code})`,
    );
  }
}

function checkSize(body: string, max: number): string {
  if (Buffer.byteLength(body) > max)
    throw invalid(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
    );
  return body;
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

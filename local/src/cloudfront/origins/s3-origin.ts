import { AwsError } from "../../aws-error.ts";
import type { Cloud } from "../../cloud.ts";
import type { Distribution, S3Origin } from "../configuration/distribution.ts";
import { EdgeError } from "../exchange/edge-error.ts";
import { type EdgeRequest, type EdgeResponse, type Fields, newFields } from "../exchange/exchange.ts";
import { allows, type BucketPolicy, type Caller } from "./bucket-policy.ts";

interface S3Object {
  Body?: Uint8Array | undefined;
  ContentType?: string;
  ETag?: string;
  LastModified?: Date;
  CacheControl?: string;
  ContentEncoding?: string;
  ContentDisposition?: string;
  ContentLanguage?: string;
  Expires?: Date | string;
  ExpiresString?: string;
  VersionId?: string;
  Metadata?: Record<string, string>;
}

/**
 * Reads an object with this distribution's permissions under the bucket policy: as CloudFront if an origin access
 * control signs the requests, else anonymously. For a missing key, callers who may list the bucket get a 404, others a
 * 403.
 */
export async function fetchFromS3(
  cloud: Cloud,
  distribution: Distribution,
  origin: S3Origin,
  request: EdgeRequest,
): Promise<EdgeResponse> {
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new EdgeError(
      501,
      `NotImplemented: ${request.method} on an S3 origin is not implemented by the local AWS.`,
    );
  if (origin.signed && request.fields.host?.[0] !== origin.domainName) {
    const why = `the Host ${request.fields.host?.[0]} was forwarded, and the origin access control signs ${origin.domainName}`;
    return s3Error(403, "SignatureDoesNotMatch", `The request signature does not match: ${why}.`, request);
  }
  const scope = { region: origin.region };
  const key = decodeKey(`${origin.path}${request.path}`.slice(1));
  const policy = await readPolicy(cloud, origin);
  const caller: Caller = origin.signed
    ? { service: "cloudfront.amazonaws.com", sourceArn: distribution.arn }
    : { service: undefined, sourceArn: undefined };
  const may = (action: string, resource: string) => allows(policy, { action, resource, caller });
  const arn = `arn:aws:s3:::${origin.bucket}`;
  try {
    const object = await cloud.call<S3Object>("s3", "GetObject", { Bucket: origin.bucket, Key: key }, scope);
    if (!may("s3:GetObject", `${arn}/${key}`)) return s3Error(403, "AccessDenied", "Access Denied", request);
    return objectResponse(object);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.code === "NoSuchBucket") return s3Error(404, error.code, error.message, request);
    if (error.code !== "NoSuchKey")
      throw new EdgeError(error.statusCode >= 500 ? error.statusCode : 502, error.message, "Error", {
        cause: error,
      });
    return may("s3:GetObject", `${arn}/${key}`) && may("s3:ListBucket", arn)
      ? s3Error(404, "NoSuchKey", "The specified key does not exist.", request)
      : s3Error(403, "AccessDenied", "Access Denied", request);
  }
}

async function readPolicy(cloud: Cloud, origin: S3Origin): Promise<BucketPolicy | undefined> {
  try {
    const { Policy } = await cloud.call<{ Policy?: string }>(
      "s3",
      "GetBucketPolicy",
      { Bucket: origin.bucket },
      { region: origin.region },
    );
    return Policy === undefined ? undefined : (JSON.parse(Policy) as BucketPolicy);
  } catch (error) {
    if (error instanceof AwsError && (error.code === "NoSuchBucketPolicy" || error.code === "NoSuchBucket"))
      return undefined;
    throw error;
  }
}

/**
 * Decodes a path to a key. S3 reads `+` in a path as a space, contrary to HTTP; a `+` in a key must be sent as `%2B`.
 * Source: github.com/rust-lang/crates.io/issues/4891, and S3's console, which links such keys with `%2B`.
 */
function decodeKey(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll("+", " "));
  } catch {
    return path; // No key matches a path with broken percent-encoding.
  }
}

function objectResponse(object: S3Object): EdgeResponse {
  const body = object.Body ?? new Uint8Array();
  const fields = newFields();
  set(fields, "content-type", object.ContentType ?? "binary/octet-stream");
  set(fields, "content-length", String(body.byteLength));
  set(fields, "last-modified", object.LastModified?.toUTCString());
  set(fields, "etag", object.ETag);
  set(fields, "cache-control", object.CacheControl);
  set(fields, "content-encoding", object.ContentEncoding);
  set(fields, "content-disposition", object.ContentDisposition);
  set(fields, "content-language", object.ContentLanguage);
  set(
    fields,
    "expires",
    object.ExpiresString ?? (object.Expires instanceof Date ? object.Expires.toUTCString() : object.Expires),
  );
  set(fields, "x-amz-version-id", object.VersionId);
  for (const [name, value] of Object.entries(object.Metadata ?? {}))
    set(fields, `x-amz-meta-${name.toLowerCase()}`, value);
  set(fields, "accept-ranges", "bytes");
  set(fields, "server", "AmazonS3");
  return { status: 200, fields, body, cacheResult: "Miss" };
}

function s3Error(status: number, code: string, message: string, request: EdgeRequest): EdgeResponse {
  const fields = newFields();
  fields["content-type"] = ["application/xml"];
  fields.server = ["AmazonS3"];
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${request.id.slice(0, 16)}</RequestId></Error>`,
  );
  return { status, fields, body, cacheResult: "Error" };
}

function set(fields: Fields, name: string, value: string | undefined): void {
  if (value !== undefined) fields[name] = [value];
}

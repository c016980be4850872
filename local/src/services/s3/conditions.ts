import { AwsError, notImplemented } from "../../aws-error.ts";
import { type Bucket, currentOf, noSuchKey, type ObjectVersion } from "./store.ts";

/** Conditions of a read, named like GetObject's members. */
export interface ReadConditions {
  IfMatch?: string;
  IfNoneMatch?: string;
  IfModifiedSince?: Date;
  IfUnmodifiedSince?: Date;
}

/**
 * Throws 412 PreconditionFailed or 304 NotModified. If-Match takes precedence over If-Unmodified-Since, and
 * If-None-Match over If-Modified-Since.
 */
export function checkRead(version: ObjectVersion, conditions: ReadConditions): void {
  const outcome = evaluate(version, conditions);
  if (outcome === "failed") throw preconditionFailed();
  if (outcome === "not-modified") {
    throw new AwsError("NotModified", "Not Modified", 304, {
      etag: version.etag,
      "last-modified": version.modifiedAt.toUTCString(),
      ...(version.properties.CacheControl ? { "cache-control": version.properties.CacheControl } : {}),
    });
  }
}

/** Checks the conditions on the source of a copy. An outcome that would be a 304 for a read fails, too. */
export function checkCopySource(version: ObjectVersion, conditions: ReadConditions): void {
  if (evaluate(version, conditions) !== "met") throw preconditionFailed();
}

/**
 * S3's compare-and-swap: with `If-None-Match: *` a write only creates an object, and with `If-Match` it only replaces
 * an object that has the expected ETag. Writes here are atomic, so there is never a 409 ConditionalRequestConflict,
 * which AWS returns to the loser of a race.
 */
export function checkWrite(
  bucket: Bucket,
  key: string,
  input: { IfMatch?: string; IfNoneMatch?: string },
): void {
  const current = currentOf(bucket, key);
  if (input.IfNoneMatch !== undefined) {
    if (input.IfNoneMatch !== "*")
      throw notImplemented(`s3: a write with If-None-Match: ${input.IfNoneMatch}`);
    if (current !== undefined) throw preconditionFailed();
  }
  if (input.IfMatch !== undefined) {
    if (current === undefined) throw noSuchKey(key);
    if (!matches(input.IfMatch, current.etag)) throw preconditionFailed();
  }
}

function evaluate(version: ObjectVersion, conditions: ReadConditions): "met" | "failed" | "not-modified" {
  // HTTP dates have no milliseconds.
  const modifiedAt = Math.floor(version.modifiedAt.getTime() / 1000) * 1000;
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  if (IfMatch !== undefined) {
    if (!matches(IfMatch, version.etag)) return "failed";
  } else if (IfUnmodifiedSince !== undefined && modifiedAt > IfUnmodifiedSince.getTime()) return "failed";
  if (IfNoneMatch !== undefined) return matches(IfNoneMatch, version.etag) ? "not-modified" : "met";
  if (IfModifiedSince !== undefined && modifiedAt <= IfModifiedSince.getTime()) return "not-modified";
  return "met";
}

function matches(condition: string, etag: string): boolean {
  const bare = (tag: string): string => tag.trim().replace(/^W\//, "").replaceAll('"', "");
  return condition.split(",").some((tag) => bare(tag) === "*" || bare(tag) === bare(etag));
}

function preconditionFailed(): AwsError {
  return new AwsError(
    "PreconditionFailed",
    "At least one of the pre-conditions you specified did not hold",
    412,
  );
}

import type { ListObjectVersionsOutput, ListObjectVersionsRequest } from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { keyEncoder, listing, pageSize } from "./listing.ts";
import { type Buckets, bucketOf, type ObjectVersion } from "./store.ts";

/** Separates key and position in the sort key of a version. It sorts before every character that a key can contain. */
const SEPARATOR = "\u0000";

/** Lists all versions and delete markers, newest first within a key. */
export function listObjectVersions(
  buckets: Buckets,
  input: ListObjectVersionsRequest,
): ListObjectVersionsOutput {
  refuseUnknown("s3:ListObjectVersions", input, [
    "Bucket",
    "Prefix",
    "Delimiter",
    "EncodingType",
    "KeyMarker",
    "VersionIdMarker",
    "MaxKeys",
    "RequestPayer",
    "ExpectedBucketOwner",
  ]);
  const bucket = bucketOf(buckets, input);
  const entries = [...bucket.objects.values()].flatMap((versions) =>
    versions.map((version, index) => ({ version, isLatest: index === 0, order: orderOf(version, index) })),
  );
  const page = listing(entries, ({ order }) => order, {
    prefix: input.Prefix ?? "",
    delimiter: input.Delimiter,
    after: afterOf(bucket.objects, input),
    size: pageSize(input.MaxKeys),
  });
  const encode = keyEncoder(input.EncodingType);
  const shown = page.items.map(({ version, isLatest }) => ({ version, isLatest, Key: encode(version.key) }));
  const last = entries.find(({ order }) => order === page.last)?.version;
  return {
    Name: bucket.name,
    Prefix: encode(input.Prefix ?? ""),
    Delimiter: encode(input.Delimiter),
    EncodingType: input.EncodingType,
    MaxKeys: pageSize(input.MaxKeys),
    IsTruncated: page.isTruncated,
    KeyMarker: encode(input.KeyMarker ?? ""),
    VersionIdMarker: input.VersionIdMarker,
    NextKeyMarker: page.isTruncated ? encode(last?.key ?? page.last) : undefined,
    NextVersionIdMarker: page.isTruncated ? last?.versionId : undefined,
    Versions: shown
      .filter(({ version }) => !version.isDeleteMarker)
      .map((entry) => ({
        ...describeEntry(entry),
        ETag: entry.version.etag,
        Size: entry.version.body.length,
        StorageClass: "STANDARD",
      })),
    DeleteMarkers: shown.filter(({ version }) => version.isDeleteMarker).map(describeEntry),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}

function describeEntry({
  version,
  isLatest,
  Key,
}: {
  version: ObjectVersion;
  isLatest: boolean;
  Key: string;
}) {
  return {
    Key,
    VersionId: version.versionId,
    IsLatest: isLatest,
    LastModified: version.modifiedAt,
    Owner: { ID: ACCOUNT },
  };
}

function orderOf(version: ObjectVersion, index: number): string {
  return `${version.key}${SEPARATOR}${String(index).padStart(8, "0")}`;
}

/** A key marker alone continues after all versions of that key. */
function afterOf(objects: Map<string, ObjectVersion[]>, input: ListObjectVersionsRequest): string {
  if (input.KeyMarker === undefined) {
    if (input.VersionIdMarker !== undefined)
      throw new AwsError("InvalidArgument", "A version-id marker cannot be specified without a key marker.");
    return "";
  }
  const versions = objects.get(input.KeyMarker) ?? [];
  const index = versions.findIndex(({ versionId }) => versionId === input.VersionIdMarker);
  if (input.VersionIdMarker !== undefined && index >= 0) return orderOf(versions[index]!, index);
  return `${input.KeyMarker}${SEPARATOR}99999999`;
}

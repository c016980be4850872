import type { PutObjectTaggingRequest, Tag } from "@aws-sdk/client-s3";
import type { Action } from "../../cloud.ts";
import { type Buckets, bucketOf, type ObjectVersion, objectOf, shownVersionId } from "./store.ts";

interface Selection {
  Bucket?: string;
  Key?: string;
  VersionId?: string;
}

/** Tags of objects. They are stored with the version, separately from its metadata. */
export function objectTagActions(buckets: Buckets): Record<string, Action> {
  const change = (input: Selection, tagsOf: (version: ObjectVersion) => Tag[]): object => {
    const bucket = bucketOf(buckets, input);
    const version = objectOf(bucket, input.Key!, input.VersionId);
    version.tags = tagsOf(version);
    return { VersionId: shownVersionId(bucket, version) };
  };
  return {
    PutObjectTagging: (input: PutObjectTaggingRequest) => change(input, () => input.Tagging?.TagSet ?? []),
    DeleteObjectTagging: (input: Selection) => change(input, () => []),
    GetObjectTagging: (input: Selection) => {
      const bucket = bucketOf(buckets, input);
      const version = objectOf(bucket, input.Key!, input.VersionId);
      return { VersionId: shownVersionId(bucket, version), TagSet: version.tags };
    },
  };
}

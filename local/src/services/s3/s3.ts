/**
 * Amazon S3, general-purpose buckets.
 *
 * **Gaps**: no ACLs (as with the default BucketOwnerEnforced), no encryption (the algorithm is recorded), no object lock,
 * no replication, notifications, website, logging or events; lifecycle and CORS rules are recorded, not applied; of the
 * checksums CRC32, MD5 and SHA are verified, the others stored as sent; no UploadPartCopy, no parts of an object by number.
 * **By design**: a bucket policy is stored and binds CloudFront alone: a signed caller is the account's owner. Any region
 * reaches any bucket. Objects live in memory.
 * **Client quirks**: a region without LocationConstraint is the signature's, since boto3 and CloudFormation leave it out
 * where the JavaScript SDK adds it. The SDK sends a CRC32 as trailer of an aws-chunked body unless told otherwise.
 */
import type { Cloud, Service } from "../../cloud.ts";
import { bucketActions } from "./buckets.ts";
import { copyObject } from "./copy-object.ts";
import { deleteObject, deleteObjects } from "./delete-object.ts";
import { getObject, headObject } from "./get-object.ts";
import { listObjectVersions } from "./list-object-versions.ts";
import { listObjects, listObjectsV2 } from "./list-objects.ts";
import { multipartActions } from "./multipart.ts";
import { objectTagActions } from "./object-tags.ts";
import { putObject } from "./put-object.ts";
import { settingActions } from "./settings.ts";
import type { Buckets } from "./store.ts";

/** S3 with one namespace of buckets for all regions. */
export function createS3(cloud: Cloud): Service {
  const buckets: Buckets = new Map();
  const now = (): Date => new Date(cloud.now());
  return {
    actions: {
      ...bucketActions(buckets, now),
      ...settingActions(buckets),
      PutObject: (input) => putObject(buckets, input, now()),
      GetObject: (input) => getObject(buckets, input),
      HeadObject: (input) => headObject(buckets, input),
      CopyObject: (input) => copyObject(buckets, input, now()),
      DeleteObject: (input) => deleteObject(buckets, input, now()),
      DeleteObjects: (input) => deleteObjects(buckets, input, now()),
      ListObjects: (input) => listObjects(buckets, input),
      ListObjectsV2: (input) => listObjectsV2(buckets, input),
      ListObjectVersions: (input) => listObjectVersions(buckets, input),
      ...objectTagActions(buckets),
      ...multipartActions(buckets, now),
    },
  };
}

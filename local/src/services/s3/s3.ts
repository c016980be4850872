/**
 * Amazon S3, general-purpose buckets.
 *
 * **Gaps**: no ACLs (as with the default BucketOwnerEnforced), encryption (the algorithm is recorded), object lock,
 * replication, notifications, website, logging or events. Lifecycle and CORS rules are recorded, but not applied. The
 * checksums CRC32, MD5 and SHA are verified, others stored as sent. No UploadPartCopy, and no reads of an object's part
 * by number.
 * **By design**: a bucket policy is stored and applies only to CloudFront, because a signed caller is the account's
 * owner. Any region can reach any bucket. Objects are kept in memory.
 * **Client quirks**: without LocationConstraint, the region is the signature's, because boto3 and CloudFormation omit
 * the member where the JavaScript SDK adds it. The SDK sends a CRC32 as trailer of an aws-chunked body by default.
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

/** Creates S3 with one namespace of buckets for all regions. */
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

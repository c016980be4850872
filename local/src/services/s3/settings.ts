import type { GetBucketVersioningOutput, PutBucketVersioningRequest } from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Action } from "../../cloud.ts";
import { type Buckets, bucketOf } from "./store.ts";

/** A document that is stored with a bucket and returned unchanged. */
interface Setting {
  put: string;
  get: string;
  remove?: string;
  /** Member of the put action's input that contains the document. */
  member: string;
  /** Converts the document to the output of the get action. Default: the same member contains it. */
  shown?: (document: any) => object;
  /** Returns the document of a bucket that never got one. */
  byDefault?: () => object;
  /** Error of the get action if there is neither a document nor a default. */
  missing: [code: string, message: string];
  check?: (document: any) => void;
}

const SETTINGS: Setting[] = [
  {
    put: "PutBucketPolicy",
    get: "GetBucketPolicy",
    remove: "DeleteBucketPolicy",
    member: "Policy",
    missing: ["NoSuchBucketPolicy", "The bucket policy does not exist"],
    check: checkPolicy,
  },
  {
    put: "PutBucketEncryption",
    get: "GetBucketEncryption",
    remove: "DeleteBucketEncryption",
    member: "ServerSideEncryptionConfiguration",
    byDefault: () => ({
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
    }),
    missing: ["ServerSideEncryptionConfigurationNotFoundError", "There is no encryption configuration"],
  },
  {
    put: "PutPublicAccessBlock",
    get: "GetPublicAccessBlock",
    remove: "DeletePublicAccessBlock",
    member: "PublicAccessBlockConfiguration",
    byDefault: () => ({
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    }),
    missing: ["NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"],
  },
  {
    put: "PutBucketOwnershipControls",
    get: "GetBucketOwnershipControls",
    remove: "DeleteBucketOwnershipControls",
    member: "OwnershipControls",
    byDefault: () => ({ Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] }),
    missing: ["OwnershipControlsNotFoundError", "The bucket ownership controls were not found"],
  },
  {
    put: "PutBucketLifecycleConfiguration",
    get: "GetBucketLifecycleConfiguration",
    remove: "DeleteBucketLifecycle",
    member: "LifecycleConfiguration",
    shown: (document) => document,
    missing: ["NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"],
  },
  {
    put: "PutBucketTagging",
    get: "GetBucketTagging",
    remove: "DeleteBucketTagging",
    member: "Tagging",
    shown: (document) => document,
    missing: ["NoSuchTagSet", "The TagSet does not exist"],
  },
  {
    put: "PutBucketCors",
    get: "GetBucketCors",
    remove: "DeleteBucketCors",
    member: "CORSConfiguration",
    shown: (document) => document,
    missing: ["NoSuchCORSConfiguration", "The CORS configuration does not exist"],
  },
];

/** Marks a deleted setting, so that it does not return to its default. */
const DELETED = Symbol("deleted");

/** Versioning, and documents that are only stored. */
export function settingActions(buckets: Buckets): Record<string, Action> {
  return {
    ...Object.assign({}, ...SETTINGS.map((setting) => actionsOf(buckets, setting))),
    PutBucketVersioning: (input: PutBucketVersioningRequest) => {
      const status = input.VersioningConfiguration?.Status;
      if (status !== "Enabled" && status !== "Suspended") {
        throw new AwsError(
          "IllegalVersioningConfigurationException",
          `The versioning status must be Enabled or Suspended, not ${status}.`,
        );
      }
      bucketOf(buckets, input).versioning = status;
      return {};
    },
    GetBucketVersioning: (input: { Bucket: string }): GetBucketVersioningOutput => ({
      Status: bucketOf(buckets, input).versioning,
    }),
    GetBucketAcl: (input: { Bucket: string }) => {
      bucketOf(buckets, input);
      const owner = { ID: ACCOUNT };
      return {
        Owner: owner,
        Grants: [{ Grantee: { ...owner, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }],
      };
    },
    GetBucketNotificationConfiguration: (input: { Bucket: string }) => {
      bucketOf(buckets, input);
      return {};
    },
  };
}

function actionsOf(buckets: Buckets, setting: Setting): Record<string, Action> {
  const { put, get, remove, member, shown, byDefault, missing, check } = setting;
  return {
    [put]: (input) => {
      check?.(input[member]);
      bucketOf(buckets, input).settings.set(member, input[member]);
      return {};
    },
    [get]: (input) => {
      const kept = bucketOf(buckets, input).settings.get(member);
      const document = kept === undefined ? byDefault?.() : kept;
      if (document === undefined || document === DELETED)
        throw new AwsError(missing[0], `${missing[1]}: ${input.Bucket}`, 404, { BucketName: input.Bucket });
      return shown === undefined ? { [member]: document } : shown(document);
    },
    ...(remove === undefined
      ? {}
      : {
          [remove]: (input: { Bucket: string }) => {
            // A bucket always has encryption: deletion restores the default.
            const bucket = bucketOf(buckets, input);
            if (remove === "DeleteBucketEncryption") bucket.settings.delete(member);
            else bucket.settings.set(member, DELETED);
            return {};
          },
        }),
  };
}

function checkPolicy(policy: string): void {
  try {
    if (Array.isArray([JSON.parse(policy).Statement].flat()) && JSON.parse(policy).Statement !== undefined)
      return;
  } catch (error) {
    throw new AwsError("MalformedPolicy", `The policy is not JSON: ${(error as Error).message}`);
  }
  throw new AwsError("MalformedPolicy", "Missing required field Statement");
}

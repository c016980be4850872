import type {
  CreateBucketOutput,
  CreateBucketRequest,
  GetBucketLocationOutput,
  HeadBucketOutput,
  ListBucketsOutput,
  ListBucketsRequest,
} from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Action } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { byName, pageOf } from "../sorted-pages.ts";
import { refuseAcl } from "./put-object.ts";
import { type Buckets, bucketOf } from "./store.ts";

/** Region of a bucket without a location constraint. */
const FIRST_REGION = "us-east-1";
const PAGE_SIZE = 10_000;

/** Actions that create, find and delete buckets. */
export function bucketActions(buckets: Buckets, now: () => Date): Record<string, Action> {
  return {
    CreateBucket: (input: CreateBucketRequest, scope) => createBucket(buckets, input, scope.region, now()),
    DeleteBucket: (input: { Bucket: string }) => {
      const bucket = bucketOf(buckets, input);
      if (bucket.objects.size > 0) {
        throw new AwsError(
          "BucketNotEmpty",
          `The bucket ${bucket.name} you tried to delete is not empty. You must delete all versions in the bucket.`,
          409,
        );
      }
      buckets.delete(bucket.name);
      return {};
    },
    HeadBucket: (input: { Bucket: string }): HeadBucketOutput => ({
      BucketRegion: bucketOf(buckets, input).region,
      BucketArn: `arn:aws:s3:::${input.Bucket}`,
    }),
    GetBucketLocation: (input: { Bucket: string }): GetBucketLocationOutput => {
      const { region } = bucketOf(buckets, input);
      return {
        LocationConstraint:
          region === FIRST_REGION ? undefined : (region as GetBucketLocationOutput["LocationConstraint"]),
      };
    },
    ListBuckets: (input: ListBucketsRequest): ListBucketsOutput => {
      const shown = [...buckets.values()]
        .filter(({ name }) => name.startsWith(input.Prefix ?? ""))
        .filter(({ region }) => input.BucketRegion === undefined || region === input.BucketRegion)
        .sort((a, b) => byName(a.name, b.name));
      const page = pageOf(shown, ({ name }) => name, {
        size: input.MaxBuckets ?? PAGE_SIZE,
        token: input.ContinuationToken,
        errorCode: "InvalidArgument",
      });
      return {
        Owner: { ID: ACCOUNT },
        Buckets: page.items.map(({ name, createdAt, region }) => ({
          Name: name,
          CreationDate: createdAt,
          BucketRegion: region,
        })),
        ContinuationToken: page.nextToken,
        Prefix: input.Prefix,
      };
    },
  };
}

function createBucket(
  buckets: Buckets,
  input: CreateBucketRequest,
  callerRegion: string,
  now: Date,
): CreateBucketOutput {
  refuseUnknown("s3:CreateBucket", input, ["Bucket", "ACL", "CreateBucketConfiguration", "ObjectOwnership"]);
  refuseAcl(input.ACL);
  if (input.ObjectOwnership !== undefined && input.ObjectOwnership !== "BucketOwnerEnforced")
    throw new AwsError(
      "InvalidArgument",
      `The ownership ${input.ObjectOwnership} requires ACLs, which the local AWS does not support.`,
    );
  const name = input.Bucket!;
  checkName(name);
  const region = input.CreateBucketConfiguration?.LocationConstraint ?? callerRegion;
  if (region !== callerRegion) {
    throw new AwsError(
      "IllegalLocationConstraintException",
      `The ${region} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
  if (buckets.has(name)) {
    throw new AwsError(
      "BucketAlreadyOwnedByYou",
      `Your previous request to create the bucket ${name} succeeded and you already own it.`,
      409,
      { BucketName: name },
    );
  }
  buckets.set(name, {
    name,
    region,
    createdAt: now,
    versioning: undefined,
    settings: new Map(),
    objects: new Map(),
    uploads: new Map(),
  });
  return { Location: `/${name}`, BucketArn: `arn:aws:s3:::${name}` };
}

/** Checks the naming rules of general-purpose buckets. */
function checkName(name: string): void {
  const isValid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !name.startsWith("xn--");
  if (!isValid) {
    throw new AwsError(
      "InvalidBucketName",
      `The specified bucket is not valid: "${name}". Use 3 to 63 of a-z, 0-9, - and ., with a letter or digit at both ends.`,
    );
  }
}

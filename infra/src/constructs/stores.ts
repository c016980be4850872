import { versionMapParameter } from "@lockstep/edge/names";
import type { VersionMap } from "@lockstep/edge/version-map";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { KeyValueStore } from "aws-cdk-lib/aws-cloudfront";
import { Repository, TagMutability } from "aws-cdk-lib/aws-ecr";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { ParameterTier, StringParameter } from "aws-cdk-lib/aws-ssm";
import { Construct } from "constructs";
import type { LockstepConfig } from "../config/config.ts";

/** Value of the map parameter before the first release. Later maps have higher revisions. */
const EMPTY_MAP: VersionMap = {
  r: 0,
  current: null,
  floor: null,
  // Not the configured suffix: if this value changed, CloudFormation would overwrite the published map.
  suffix: "nothing-released.internal",
  versions: {},
};

/** The resources that store state: files, ledger, images, map and pointer. */
export class Stores extends Construct {
  readonly webBucket: Bucket;
  readonly stateBucket: Bucket;
  readonly images: Repository;
  /**
   * Never change a property of it: CloudFormation would overwrite the published map with the value of the template. The
   * next writer would publish the map again, but until then every pin would be unknown.
   */
  readonly mapParameter: StringParameter;
  readonly pointer: KeyValueStore;

  constructor(scope: Construct, id: string, config: LockstepConfig) {
    super(scope, id);
    const privateBucket = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    this.webBucket = new Bucket(this, "WebBucket", {
      ...privateBucket,
      lifecycleRules: [{ id: "unfinished-uploads", abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    });
    this.stateBucket = new Bucket(this, "StateBucket", {
      ...privateBucket,
      versioned: true,
      lifecycleRules: [
        {
          id: "old-ledgers",
          noncurrentVersionExpiration: Duration.days(90),
          noncurrentVersionsToRetain: 100,
        },
      ],
    });
    this.images = new Repository(this, "Images", {
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      // No lifecycle rule: a running version needs its image whenever a task is replaced, however old it is.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.mapParameter = mapParameter(this, config.app);
    this.pointer = new KeyValueStore(this, "Pointer", {
      keyValueStoreName: `${config.app}-pointer`,
      comment: "The version that new pages receive. Releases write its keys, never CloudFormation.",
    });
  }
}

/** Creates the parameter of the version map with its initial value. */
function mapParameter(scope: Construct, app: string): StringParameter {
  return new StringParameter(scope, "VersionMap", {
    parameterName: versionMapParameter(app),
    tier: ParameterTier.INTELLIGENT_TIERING,
    stringValue: JSON.stringify(EMPTY_MAP),
  });
}

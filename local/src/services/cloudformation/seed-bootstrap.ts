import { ACCOUNT, type Cloud } from "../../cloud.ts";

/** Bootstrap version of the local AWS: the newest that this CDK CLI requires. */
const BOOTSTRAP_VERSION = "30";
/** CDK's default qualifier. */
const QUALIFIER = "hnb659fds";

/**
 * Makes a region look bootstrapped (`cdk bootstrap`): creates the version parameter and the asset bucket. Roles are not
 * needed, because every role can be assumed. Idempotent.
 */
export async function seedBootstrap(cloud: Cloud, region: string): Promise<void> {
  const scope = { region };
  const bucket = `cdk-${QUALIFIER}-assets-${ACCOUNT}-${region}`;
  const location =
    region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region } };
  const parameter = {
    Name: `/cdk-bootstrap/${QUALIFIER}/version`,
    Type: "String",
    Value: BOOTSTRAP_VERSION,
    Overwrite: true,
  };
  await cloud.call("ssm", "PutParameter", parameter, scope);
  await cloud.call("s3", "CreateBucket", { Bucket: bucket, ...location }, scope).catch((error) => {
    if (error.code !== "BucketAlreadyOwnedByYou") throw error;
  });
}

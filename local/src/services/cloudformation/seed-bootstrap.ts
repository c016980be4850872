import { ACCOUNT, type Cloud } from "../../cloud.ts";

/** The bootstrap version that the local AWS claims: the newest that this CDK CLI asks for. */
const BOOTSTRAP_VERSION = "30";
/** CDK's default qualifier. */
const QUALIFIER = "hnb659fds";

/**
 * Makes a region look bootstrapped (`cdk bootstrap`): the version parameter and the asset bucket. The roles need
 * nothing, since every role here can be assumed. Seeding twice changes nothing.
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

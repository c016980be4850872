import { S3Client } from "@aws-sdk/client-s3";
import { createS3 } from "../../src/services/s3/s3.ts";
import { startStage } from "../wire/stage.ts";

/** Starts S3 with one empty bucket in eu-west-1. */
export async function startS3(options: { now?: () => number } = {}) {
  const stage = await startStage((cloud) => ({ s3: createS3(cloud) }), options);
  const s3 = new S3Client(stage.config);
  const scope = { region: "eu-west-1" };
  await stage.cloud.call("s3", "CreateBucket", { Bucket: "bucket" }, scope);
  return { ...stage, s3, scope, Bucket: "bucket" };
}

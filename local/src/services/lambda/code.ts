import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { FunctionCode } from "@aws-sdk/client-lambda";
import { unzipSync } from "fflate";
import { AwsError, notImplemented } from "../../aws-error.ts";
import type { Cloud, Scope } from "../../cloud.ts";

/** Maximum size of a function's unpacked code (Lambda quota). */
const MAX_UNZIPPED_BYTES = 250 * 1024 * 1024;
/** The SDK of the runtime: the clients that are installed here. */
const SDK_FOLDER = fileURLToPath(new URL("../../../node_modules/@aws-sdk", import.meta.url));

/** The code of a function. */
export interface UnpackedCode {
  folder: string;
  /** base64, as in Lambda's API. */
  sha256: string;
  sizeBytes: number;
}

/**
 * Returns the folder of functions. Each is in `code/<sha256>/`, from where `@aws-sdk/*` resolves as in Lambda's
 * runtime.
 */
export function lambdaHome(cloud: Cloud): string {
  return join(cloud.stateDir, "lambda");
}

/** Fetches and unpacks a deployment package. */
export async function unpackCode(cloud: Cloud, code: FunctionCode, scope: Scope): Promise<UnpackedCode> {
  if (code.ImageUri) throw notImplemented("lambda: a function from an image (ImageUri)");
  const zip = code.ZipFile ?? (await fetchFromS3(cloud, code, scope));
  const sha256 = createHash("sha256").update(zip).digest();
  const home = await prepareHome(cloud);
  const folder = join(home, "code", sha256.toString("hex"));
  if (!existsSync(folder)) await writeFiles(folder, unzip(zip));
  return { folder, sha256: sha256.toString("base64"), sizeBytes: zip.length };
}

async function fetchFromS3(cloud: Cloud, code: FunctionCode, scope: Scope): Promise<Uint8Array> {
  if (!code.S3Bucket || !code.S3Key)
    throw new AwsError(
      "InvalidParameterValueException",
      "Please provide a source for function code: ZipFile, or S3Bucket and S3Key.",
    );
  const input = { Bucket: code.S3Bucket, Key: code.S3Key, VersionId: code.S3ObjectVersion };
  try {
    const { Body } = await cloud.call("s3", "GetObject", input, scope);
    return Body;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError(
      "InvalidParameterValueException",
      `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`,
    );
  }
}

function unzip(zip: Uint8Array): Record<string, Uint8Array> {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(zip);
  } catch {
    throw new AwsError(
      "InvalidParameterValueException",
      "Could not unzip uploaded file. Please check your file, then try to upload again.",
    );
  }
  const total = Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0);
  if (total > MAX_UNZIPPED_BYTES)
    throw new AwsError(
      "InvalidParameterValueException",
      `Unzipped size must be smaller than ${MAX_UNZIPPED_BYTES} bytes`,
    );
  return files;
}

/** Adds an empty package.json, so that the nearest one of this repository does not set the module type of the code. */
async function prepareHome(cloud: Cloud): Promise<string> {
  const home = lambdaHome(cloud);
  if (existsSync(join(home, "package.json"))) return home;
  await mkdir(join(home, "node_modules"), { recursive: true });
  await symlink(SDK_FOLDER, join(home, "node_modules", "@aws-sdk")).catch((error) => {
    if (error.code !== "EEXIST") throw error;
  });
  await writeFile(join(home, "package.json"), "{}");
  return home;
}

/** Writes all files or none, because two functions with the same code may be created at once. */
async function writeFiles(folder: string, files: Record<string, Uint8Array>): Promise<void> {
  const draft = `${folder}-${process.hrtime.bigint()}`;
  await mkdir(draft, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    const path = normalize(name);
    if (isAbsolute(path) || path.startsWith(".."))
      throw new AwsError(
        "InvalidParameterValueException",
        `The zip has a path outside of its folder: ${name}`,
      );
    if (name.endsWith("/")) continue;
    await mkdir(dirname(join(draft, path)), { recursive: true });
    await writeFile(join(draft, path), bytes);
  }
  await rename(draft, folder).catch((error) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
}

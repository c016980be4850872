import { createHash, randomBytes } from "node:crypto";
import type {
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  ListMultipartUploadsOutput,
  ListPartsOutput,
  ListPartsRequest,
  UploadPartOutput,
  UploadPartRequest,
} from "@aws-sdk/client-s3";
import { AwsError } from "../../aws-error.ts";
import type { Action } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { CHECKSUM_NAMES, etagOf, readChecksums } from "./checksums.ts";
import { checkWrite } from "./conditions.ts";
import { checkKey, propertiesOf, readTagging, refuseAcl, WRITE_MEMBERS } from "./put-object.ts";
import {
  addVersion,
  type Bucket,
  type Buckets,
  bucketOf,
  type Part,
  shownVersionId,
  type Upload,
} from "./store.ts";

/** Minimum size of every part but the last (S3). */
const PART_MIN_BYTES = 5 * 1024 * 1024;
const PART_NUMBER_MAX = 10_000;

/** Multipart uploads, which the SDK's `lib-storage` and the AWS CLI use for large files. */
export function multipartActions(buckets: Buckets, now: () => Date): Record<string, Action> {
  return {
    CreateMultipartUpload: (input: CreateMultipartUploadRequest) => create(buckets, input, now()),
    UploadPart: (input: UploadPartRequest & { Body?: Uint8Array }) => uploadPart(buckets, input, now()),
    CompleteMultipartUpload: (input: CompleteMultipartUploadRequest) => complete(buckets, input, now()),
    AbortMultipartUpload: (input: { Bucket: string; Key: string; UploadId: string }) => {
      const bucket = bucketOf(buckets, input);
      bucket.uploads.delete(uploadOf(bucket, input).id);
      return {};
    },
    ListParts: (input: ListPartsRequest) => listParts(bucketOf(buckets, input), input),
    ListMultipartUploads: (input: { Bucket: string; Prefix?: string }): ListMultipartUploadsOutput => ({
      Bucket: input.Bucket,
      Prefix: input.Prefix,
      IsTruncated: false,
      Uploads: [...bucketOf(buckets, input).uploads.values()]
        .filter(({ key }) => key.startsWith(input.Prefix ?? ""))
        .map(({ id, key, startedAt }) => ({ UploadId: id, Key: key, Initiated: startedAt })),
    }),
  };
}

function create(
  buckets: Buckets,
  input: CreateMultipartUploadRequest,
  now: Date,
): CreateMultipartUploadOutput {
  refuseUnknown("s3:CreateMultipartUpload", input, [...WRITE_MEMBERS, "ChecksumType"]);
  refuseAcl(input.ACL);
  checkKey(input.Key!);
  const upload: Upload = {
    id: randomBytes(32).toString("base64url"),
    key: input.Key!,
    startedAt: now,
    properties: propertiesOf(input),
    tags: readTagging(input.Tagging),
    parts: new Map(),
  };
  bucketOf(buckets, input).uploads.set(upload.id, upload);
  return {
    Bucket: input.Bucket,
    Key: input.Key,
    UploadId: upload.id,
    ServerSideEncryption: upload.properties.ServerSideEncryption,
    ChecksumAlgorithm: input.ChecksumAlgorithm,
    ChecksumType: input.ChecksumType,
  };
}

function uploadPart(
  buckets: Buckets,
  input: UploadPartRequest & { Body?: Uint8Array },
  now: Date,
): UploadPartOutput {
  refuseUnknown("s3:UploadPart", input, [
    ...CHECKSUM_NAMES,
    "Bucket",
    "Key",
    "PartNumber",
    "UploadId",
    "Body",
    "ContentLength",
    "ContentMD5",
    "ChecksumAlgorithm",
    "RequestPayer",
    "ExpectedBucketOwner",
  ]);
  const upload = uploadOf(bucketOf(buckets, input), input);
  const number = input.PartNumber!;
  if (!Number.isInteger(number) || number < 1 || number > PART_NUMBER_MAX)
    throw new AwsError("InvalidArgument", `Part number must be an integer between 1 and ${PART_NUMBER_MAX}.`);
  const body = input.Body ?? Buffer.alloc(0);
  const checksums = readChecksums(input, body);
  const part: Part = { number, body, etag: etagOf(body), modifiedAt: now, checksums };
  upload.parts.set(number, part);
  return { ETag: part.etag, ...checksums };
}

function complete(
  buckets: Buckets,
  input: CompleteMultipartUploadRequest,
  now: Date,
): CompleteMultipartUploadOutput {
  const bucket = bucketOf(buckets, input);
  const upload = uploadOf(bucket, input);
  const parts = chosenParts(upload, input);
  checkWrite(bucket, upload.key, input);
  const digests = parts.map(({ body }) => createHash("md5").update(body).digest());
  const etag = `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}"`;
  const version = addVersion(bucket, {
    key: upload.key,
    modifiedAt: now,
    isDeleteMarker: false,
    body: Buffer.concat(parts.map(({ body }) => body)),
    etag,
    properties: upload.properties,
    // The checksums of the parts do not match the whole object, so none is returned.
    checksums: {},
    tags: upload.tags,
  });
  bucket.uploads.delete(upload.id);
  return {
    Location: `/${bucket.name}/${upload.key}`,
    Bucket: bucket.name,
    Key: upload.key,
    ETag: etag,
    VersionId: shownVersionId(bucket, version),
    ServerSideEncryption: upload.properties.ServerSideEncryption,
  };
}

function chosenParts(upload: Upload, input: CompleteMultipartUploadRequest): Part[] {
  const wanted = input.MultipartUpload?.Parts ?? [];
  if (wanted.length === 0) throw new AwsError("MalformedXML", "You must specify at least one part.");
  return wanted.map(({ PartNumber, ETag }, index) => {
    const part = upload.parts.get(PartNumber!);
    if (index > 0 && PartNumber! <= wanted[index - 1]!.PartNumber!)
      throw new AwsError("InvalidPartOrder", "The list of parts was not in ascending order.");
    if (part === undefined || part.etag.replaceAll('"', "") !== ETag?.replaceAll('"', ""))
      throw new AwsError("InvalidPart", `Part ${PartNumber} was not uploaded, or its entity tag differs.`);
    if (index < wanted.length - 1 && part.body.length < PART_MIN_BYTES) {
      throw new AwsError(
        "EntityTooSmall",
        `Part ${PartNumber} has ${part.body.length} bytes; all parts but the last need ${PART_MIN_BYTES}.`,
      );
    }
    return part;
  });
}

function listParts(bucket: Bucket, input: ListPartsRequest): ListPartsOutput {
  const upload = uploadOf(bucket, input);
  const rest = [...upload.parts.values()]
    .filter(({ number }) => number > Number(input.PartNumberMarker ?? 0))
    .sort((a, b) => a.number - b.number);
  const page = rest.slice(0, input.MaxParts ?? 1000);
  return {
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    IsTruncated: page.length < rest.length,
    NextPartNumberMarker: page.length < rest.length ? String(page.at(-1)?.number) : undefined,
    Parts: page.map(({ number, etag, body, modifiedAt, checksums }) => ({
      PartNumber: number,
      ETag: etag,
      Size: body.length,
      LastModified: modifiedAt,
      ...checksums,
    })),
  };
}

function uploadOf(bucket: Bucket, input: { Key?: string; UploadId?: string }): Upload {
  const upload = bucket.uploads.get(input.UploadId ?? "");
  if (upload === undefined || upload.key !== input.Key) {
    throw new AwsError(
      "NoSuchUpload",
      "The specified multipart upload does not exist: it was never started, or is completed or aborted.",
      404,
      { UploadId: input.UploadId },
    );
  }
  return upload;
}

import { ListObjectsV2Command, type S3Client, type _Object as StoredObject } from "@aws-sdk/client-s3";
import { allPages } from "./all-pages.ts";

export interface BucketOptions {
  s3: Pick<S3Client, "send">;
  bucket: string;
}

/** Lists every object under a prefix, one call per 1,000. */
export async function* listObjects(
  prefix: string,
  { s3, bucket, signal }: BucketOptions & { signal?: AbortSignal },
): AsyncGenerator<StoredObject & { Key: string }> {
  const pages = allPages(
    (ContinuationToken) =>
      s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken }), {
        abortSignal: signal,
      }),
    (page) => page.NextContinuationToken,
  );
  for await (const page of pages)
    for (const object of page.Contents ?? []) yield object as StoredObject & { Key: string };
}

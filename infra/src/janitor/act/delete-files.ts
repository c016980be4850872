import { DeleteObjectsCommand, type S3Client } from "@aws-sdk/client-s3";
import { buildPrefix } from "@lockstep/edge/build-path";
import { type BucketOptions, listObjects } from "../../aws/objects.ts";
import type { Clock } from "../../base/clock.ts";
import { LockstepError } from "../../base/lockstep-error.ts";
import { mayBeDeleting } from "../../lifecycle/ledger.ts";
import type { Lifecycle } from "../../lifecycle/lifecycle.ts";
import { applyEvent } from "../../lifecycle/transitions.ts";

/** DeleteObjects takes at most 1,000 keys (S3 API). */
const BATCH = 1000;

export interface DeleteFilesOptions {
  s3: Pick<S3Client, "send">;
  /** `WebBucket` of the platform. */
  bucket: string;
  lifecycle: Pick<Lifecycle, "store" | "manifests">;
  actor: string;
  clock: Clock;
}

/**
 * Deletes the files that only these retired versions list, then removes the versions from the ledger.
 *
 * A release enters the ledger before it checks which files exist. A deletion enters the ledger (`filesDeletingAt`)
 * before it deletes. So either the deletion reads the release's manifest and keeps the file, or the release sees the
 * deletion and waits. Only one deletion runs at a time: the first to finish removes the version from the ledger, and a
 * release that starts after that would not see the second deletion.
 *
 * @returns the number of deleted objects; `raced` if a version was added or removed while the manifests were read;
 *   `busy` if another run may be deleting
 * @throws if a manifest cannot be read, because a file that it may list must be kept
 */
export async function deleteUnlistedFiles(
  ids: readonly string[],
  options: DeleteFilesOptions,
): Promise<number | "raced" | "busy"> {
  const { lifecycle, actor, clock } = options;
  const before = Object.keys((await lifecycle.store.read()).versions);
  const forgotten = ids.filter((id) => before.includes(id));
  const listed = await readManifests(
    before.filter((id) => !forgotten.includes(id)),
    options,
  );
  let refused: "raced" | "busy" | undefined;
  await lifecycle.store.update((ledger) => {
    refused = undefined;
    const added = Object.keys(ledger.versions).some((id) => !before.includes(id));
    if (added || before.some((id) => ledger.versions[id] === undefined)) refused = "raced";
    else if (forgotten.some((id) => mayBeDeleting(ledger.versions[id]!.filesDeletingAt, clock.now())))
      refused = "busy";
    if (refused !== undefined) return ledger;
    return forgotten.reduce(
      (next, id) => applyEvent(next, { type: "delete-files", id }, { actor }, clock.now()),
      ledger,
    );
  });
  if (refused !== undefined) return refused;
  const keys = new Set<string>();
  for (const id of forgotten) {
    for (const key of (await lifecycle.manifests.read(id))?.keys() ?? []) keys.add(key);
    for await (const { Key } of listObjects(buildPrefix(id), options)) keys.add(Key);
  }
  const unlisted = [...keys].filter((key) => !listed.has(key));
  await deleteObjects(unlisted, options);
  for (const id of forgotten) await lifecycle.manifests.remove(id);
  await lifecycle.store.update((ledger) =>
    forgotten
      .filter((id) => ledger.versions[id] !== undefined)
      .reduce((next, id) => applyEvent(next, { type: "forget", id }, { actor }, clock.now()), ledger),
  );
  return unlisted.length;
}

async function readManifests(
  ids: readonly string[],
  { lifecycle }: DeleteFilesOptions,
): Promise<Set<string>> {
  const listed = new Set<string>();
  for (const id of ids) {
    const files = await lifecycle.manifests.read(id);
    if (files === undefined)
      throw new LockstepError("FILES_MISSING", `The manifest of ${id} is missing, so no file was deleted.`);
    for (const key of files.keys()) listed.add(key);
  }
  return listed;
}

/** Deletes every object under a prefix. @returns their number */
export async function deletePrefix(prefix: string, options: BucketOptions): Promise<number> {
  const keys: string[] = [];
  for await (const { Key } of listObjects(prefix, options)) keys.push(Key);
  await deleteObjects(keys, options);
  return keys.length;
}

async function deleteObjects(keys: readonly string[], { s3, bucket }: BucketOptions): Promise<void> {
  for (let start = 0; start < keys.length; start += BATCH) {
    const Objects = keys.slice(start, start + BATCH).map((Key) => ({ Key }));
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    const [first] = Errors;
    if (first !== undefined)
      throw new Error(
        `${Errors.length} files were not deleted; ${first.Key}: ${first.Code} ${first.Message}`,
      );
  }
}

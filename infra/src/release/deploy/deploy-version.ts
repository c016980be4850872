import { hostOf } from "@lockstep/edge/version-map";
import { createStack } from "../../aws/stacks.ts";
import { allOrAbort } from "../../base/all-or-abort.ts";
import { LockstepError } from "../../base/lockstep-error.ts";
import { serviceName, targetGroupName, versionStackName } from "../../base/version-names.ts";
import { type Ledger, mayBeDeleting } from "../../lifecycle/ledger.ts";
import { ANY_CONTENT, type Manifest } from "../../lifecycle/manifest.ts";
import type { OperationContext } from "../../versions/context.ts";
import { matchCapacity, startingTasks } from "../../versions/match-capacity.ts";
import { verifyFiles } from "../../versions/verify-files.ts";
import type { Built } from "../build/build-version.ts";
import type { GitState } from "../build/git-state.ts";
import { showServiceEvents } from "./service-events.ts";
import { withTaskLog } from "./task-log.ts";
import { uploadFiles } from "./upload-files.ts";

/**
 * Writes the manifest of a new version, then enters the version into the ledger, so that every version in the ledger
 * has a manifest.
 *
 * @throws LockstepError if there is no free slot
 */
export async function enterVersion(
  id: string,
  { files, image }: Built,
  { git, held }: { git: GitState; held: boolean },
  { config, lifecycle, actor, reason, progress }: OperationContext,
): Promise<Ledger> {
  return progress.step("Enter into the ledger", async ({ note }) => {
    await lifecycle.manifests.write(id, manifestOf(files));
    const plan = {
      git,
      ...(held && { held }),
      image,
      files: files.length,
      host: hostOf(id, config.edge.hostSuffix),
      targetGroup: targetGroupName(id),
      stack: versionStackName(config.app, id),
      service: serviceName(id),
    };
    const { maxVersions } = config.protection;
    const ledger = await lifecycle.apply({ type: "deploy", id, plan, maxVersions }, { actor, reason });
    note(`slot ${ledger.versions[id]!.slot}`);
    return ledger;
  });
}

/** A precompressed file is identified only by its name, which carries a hash: its bytes depend on the compressor. */
function manifestOf(files: Built["files"]): Manifest {
  return new Map(files.map(({ key, md5, contentEncoding }) => [key, contentEncoding ? ANY_CONTENT : md5]));
}

/**
 * Uploads the files of a version and creates its stack in parallel, and verifies both. Keeps what an earlier run
 * created.
 *
 * @param built the files; if absent (a release that is resumed on another machine), they must be in the bucket
 * @param ledger read after the version was entered
 * @returns the ARN of the target group
 */
export async function deployVersion(
  id: string,
  built: Pick<Built, "files"> | undefined,
  ledger: Ledger,
  options: OperationContext,
): Promise<string> {
  const { lifecycle, config, clients, outputs, progress } = options;
  const tasks = await startingTasks(ledger, { config, clients, outputs });
  const bucket = { s3: clients.s3, bucket: outputs.webBucket };
  const [, targetGroupArn] = await allOrAbort<[unknown, string]>([
    (signal) =>
      progress.step("Upload files", async ({ note }) => {
        await waitForDeletions(ledger, options);
        if (built === undefined) return note("no build on this machine; expecting all files in the bucket");
        const { uploaded, present } = await uploadFiles(id, built.files, { ...bucket, signal });
        note(`${uploaded} new, ${present} there already`);
      }),
    (signal) =>
      progress.step("Deploy the version stack", async ({ note }) => {
        const arn = await deployStack(id, tasks, options, signal);
        note(tasks === 1 ? "1 task" : `${tasks} tasks`);
        return arn;
      }),
  ]);
  await progress.step("Verify files and targets", async ({ note }) => {
    const manifest = await lifecycle.manifests.read(id);
    if (manifest === undefined) throw new LockstepError("FILES_MISSING", `${id} has no manifest.`);
    const [healthy] = await Promise.all([
      // Current may have more tasks now than when this version was started, especially in a resumed release.
      withTaskLog(id, options, () => matchCapacity(id, targetGroupArn, ledger, options)),
      verifyFiles(id, manifest, bucket),
    ]);
    note(`${manifest.size} files, ${healthy}`);
  });
  return targetGroupArn;
}

async function deployStack(
  id: string,
  desiredCount: number,
  context: OperationContext,
  signal: AbortSignal,
): Promise<string> {
  const { config, outputs, clients, lifecycle, clock } = context;
  // The CDK takes a second to load, and nothing else here needs it.
  const { synthVersionStack } = await import("../../constructs/version-stack.ts");
  // If this machine was asleep, another process may have ended the release and reused its slot.
  const version = (await lifecycle.store.read()).versions[id];
  if (version?.state !== "deploying")
    throw new LockstepError("RELEASE_LOST", `${id} is now ${version?.state ?? "not in the ledger"}.`);
  const { slot, image } = version;
  const stack = synthVersionStack({ app: config.app, id, slot: slot!, image, desiredCount, config, outputs });
  const input = {
    StackName: stack.stackName,
    TemplateBody: stack.templateBody,
    Tags: stack.tags,
    RoleARN: outputs.versionStackRoleArn,
    // Makes a retry by the SDK idempotent.
    ClientRequestToken: `release-${id}`,
    // Keeps failed resources until their log has been read. The release then deletes them.
    OnFailure: "DO_NOTHING" as const,
  };
  const { cloudformation } = clients;
  const made = await withTaskLog(id, context, () =>
    createStack(input, { cloudformation, clock, signal, onWait: showServiceEvents(id, context) }),
  );
  return made.TargetGroupArn!;
}

/**
 * Waits for deletions of files that started before this version entered the ledger, because they have not read its
 * manifest. Deletions that start later read it.
 *
 * @param entered the ledger right after the version was entered
 */
async function waitForDeletions(
  entered: Ledger,
  { lifecycle, progress, clock }: OperationContext,
): Promise<void> {
  for (let reported = false; ; reported = true) {
    const { versions } = await lifecycle.store.read();
    const deleting = Object.entries(entered.versions).filter(
      ([id, { filesDeletingAt: at }]) =>
        mayBeDeleting(at, clock.now()) && versions[id]?.filesDeletingAt === at,
    );
    if (deleting.length === 0) return;
    if (!reported) progress.say(`  Waiting until the janitor has deleted files of ${deleting[0]![0]}.`);
    await clock.sleep(1000);
  }
}

import { hostOf } from "@lockstep/edge/version-map";
import { createStack } from "../aws/stacks.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { serviceName, targetGroupName, versionStackName } from "../base/version-names.ts";
import { mayBeDeleting } from "../janitor/delete-files.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { ANY_CONTENT, type Manifest } from "../lifecycle/manifest.ts";
import type { OperationContext } from "../versions/context.ts";
import { allOrAbort } from "./all-or-abort.ts";
import type { Built } from "./build-version.ts";
import type { GitState } from "./git-state.ts";
import { matchCapacity } from "./match-capacity.ts";
import { startingTasks } from "./preflight.ts";
import { tellServiceEvents } from "./service-events.ts";
import { withTaskLog } from "./task-log.ts";
import { uploadFiles } from "./upload-files.ts";
import { verifyFiles } from "./verify-files.ts";

/**
 * Enters a new version into the ledger. Its manifest goes first: whoever finds the version in the ledger finds its manifest.
 *
 * @throws LockstepError when there is no room for it
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

/** A file that was compressed beforehand counts by its name: the bytes may differ with the compressor, the hash in its name not. */
function manifestOf(files: Built["files"]): Manifest {
  return new Map(files.map(({ key, md5, contentEncoding }) => [key, contentEncoding ? ANY_CONTENT : md5]));
}

/**
 * Puts a version's files up and makes what it runs on, side by side, and verifies both. What is there already, from a run
 * that was killed, is kept.
 *
 * @param built its files; without them (a release that is resumed elsewhere) they must be in the bucket
 * @param ledger read after the version entered it
 * @returns the ARN of its target group
 */
export async function makeVersion(
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
        if (built === undefined) return note("not here; they must be there already");
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
      // Not what it was started with: current may have grown since, in a release that is resumed by a lot.
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
  // Loaded when it is needed: the CDK takes a second to load, and only this needs it.
  const { synthVersionStack } = await import("../version/version-stack.ts");
  // A machine that slept may have been taken for dead: its slot is somebody else's then.
  const version = (await lifecycle.store.read()).versions[id];
  if (version?.state !== "deploying")
    throw new LockstepError("RELEASE_LOST", `${id} is ${version?.state ?? "not in the ledger"} by now.`);
  const { slot, image } = version;
  const stack = synthVersionStack({ app: config.app, id, slot: slot!, image, desiredCount, config, outputs });
  const input = {
    StackName: stack.stackName,
    TemplateBody: stack.templateBody,
    Tags: stack.tags,
    RoleARN: outputs.versionStackRoleArn,
    // The SDK asks again when an answer is lost: it is the same call then, and no second stack of one name.
    ClientRequestToken: `release-${id}`,
    // What failed stays until its log was read; the release then takes it back.
    OnFailure: "DO_NOTHING" as const,
  };
  const { cloudformation } = clients;
  const made = await withTaskLog(id, context, () =>
    createStack(input, { cloudformation, clock, signal, onWait: tellServiceEvents(id, context) }),
  );
  return made.TargetGroupArn!;
}

/**
 * Waits for deletions of files that began before this version was in the ledger: their janitor does not know which files
 * it lists. One that begins later, or begins again, does.
 *
 * @param entered the ledger as it was when the version entered
 */
async function waitForDeletions(
  entered: Ledger,
  { lifecycle, progress, clock }: OperationContext,
): Promise<void> {
  for (let told = false; ; told = true) {
    const { versions } = await lifecycle.store.read();
    const deleting = Object.entries(entered.versions).filter(
      ([id, { filesDeletingAt: at }]) =>
        mayBeDeleting(at, clock.now()) && versions[id]?.filesDeletingAt === at,
    );
    if (deleting.length === 0) return;
    if (!told) progress.say(`  The janitor is deleting files of ${deleting[0]![0]}; waiting for its end.`);
    await clock.sleep(1000);
  }
}

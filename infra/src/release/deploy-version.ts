import { hostOf } from "@lockstep/edge/version-map";
import { createStack } from "../aws/stacks.ts";
import { mayBeDeleting } from "../janitor/delete-files.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { serviceName, targetGroupName, versionStackName } from "../version/version-names.ts";
import { allOrAbort } from "./all-or-abort.ts";
import type { Built } from "./build-version.ts";
import type { GitState } from "./git-state.ts";
import { startingTasks } from "./preflight.ts";
import type { ReleaseOptions } from "./release.ts";
import { uploadFiles } from "./upload-files.ts";
import { verifyFiles } from "./verify-files.ts";
import { verifyTargets } from "./verify-targets.ts";

/**
 * Enters the version into the ledger, then makes what it runs on and puts its files up, and verifies both.
 *
 * @returns the ARN of its target group
 */
export async function deployVersion(
  id: string,
  built: Built,
  git: GitState,
  options: ReleaseOptions,
): Promise<string> {
  const { config, clients, outputs, progress, clock } = options;
  const ledger = await progress.step("Enter into the ledger", async (note) => {
    const ledger = await enter(id, built, git, options);
    note(`slot ${ledger.versions[id]!.slot}`);
    return ledger;
  });
  const tasks = await startingTasks(ledger, { config, clients, outputs });
  const bucket = outputs.webBucket;
  const [, targetGroupArn] = await allOrAbort<[number, string]>([
    (signal) =>
      progress.step("Upload files", async (note) => {
        await waitForDeletions(ledger, options);
        const { uploaded, present } = await uploadFiles(built.files, { s3: clients.s3, bucket, signal });
        note(`${uploaded} new, ${present} there already`);
        return uploaded;
      }),
    () =>
      progress.step("Deploy the version stack", async (note) => {
        const arn = await deployStack(id, built.image, tasks, ledger, options);
        note(tasks === 1 ? "1 task" : `${tasks} tasks`);
        return arn;
      }),
  ]);
  await progress.step("Verify files and targets", async (note) => {
    const [healthy] = await Promise.all([
      verifyTargets({ elb: clients.elb, targetGroupArn, wanted: tasks, clock }),
      verifyFiles(built.files, { s3: clients.s3, bucket }),
    ]);
    note(`${built.files.length} files, ${healthy} healthy`);
  });
  return targetGroupArn;
}

/** The manifest first: whoever finds the version in the ledger finds its manifest. */
async function enter(
  id: string,
  { files, image }: Built,
  git: GitState,
  { config, lifecycle, actor, reason }: ReleaseOptions,
): Promise<Ledger> {
  await lifecycle.manifests.write(
    id,
    files.map(({ key }) => key),
  );
  const plan = {
    git,
    image,
    files: files.length,
    host: hostOf(id, config.edge.hostSuffix),
    targetGroup: targetGroupName(id),
    stack: versionStackName(config.app, id),
    service: serviceName(id),
  };
  const { maxVersions } = config.protection;
  return lifecycle.apply({ type: "deploy", id, plan, maxVersions }, { actor, reason });
}

async function deployStack(
  id: string,
  image: string,
  desiredCount: number,
  ledger: Ledger,
  { config, outputs, clients, clock }: ReleaseOptions,
): Promise<string> {
  // Loaded when it is needed: the CDK takes a second to load, and only this needs it.
  const { synthVersionStack } = await import("../version/version-stack.ts");
  const slot = ledger.versions[id]!.slot!;
  const stack = synthVersionStack({ app: config.app, id, slot, image, desiredCount, config, outputs });
  const made = await createStack(
    {
      StackName: stack.stackName,
      TemplateBody: stack.templateBody,
      Tags: stack.tags,
      RoleARN: outputs.versionStackRoleArn,
      // The SDK asks again when an answer is lost: it is the same call then, and no second stack of one name.
      ClientRequestToken: `release-${id}`,
    },
    { cloudformation: clients.cloudformation, clock },
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
  { lifecycle, progress, clock }: ReleaseOptions,
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

import { spawn } from "node:child_process";
import { join } from "node:path";
import { CloudFormationClient, paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import { Command } from "commander";
import pLimit from "p-limit";
import { deleteStack } from "../aws/stacks.ts";
import { systemClock } from "../base/clock.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { versionStackName } from "../base/version-names.ts";
import { loadConfig, projectRoot } from "../config/config.ts";
import { CommandFailed, type Io, processIo, runCommandLine } from "./run-command-line.ts";
import { createProgress } from "./view/progress.ts";

/** ECS allows about five changes of services per second (quota), and deleting one stack needs several. */
const DELETIONS_AT_ONCE = 3;

/**
 * `npm run infra:destroy`: runs the genuine `cdk destroy --all`. Refuses while versions run, because CloudFormation
 * would delete the distribution and then fail to delete the cluster. @returns the exit code
 */
export function runDestroy(args: readonly string[], io: Io): Promise<number> {
  const program = new Command("infra:destroy")
    .description("Delete the platform with `cdk destroy --all`. All other options are passed to cdk.")
    .option("--with-versions", "first delete the stacks of all versions, including current")
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      "after",
      "\nExamples:\n  npm run infra:destroy\n  npm run infra:destroy -- --with-versions --force",
    )
    .action(async ({ withVersions }: { withVersions?: boolean }, command: Command) => {
      const { app, region } = await loadConfig();
      const cloudformation = new CloudFormationClient({ region });
      try {
        await removeVersions(app, cloudformation, withVersions === true, io);
      } finally {
        cloudformation.destroy();
      }
      await cdkDestroy(command.args);
    });
  return runCommandLine(program, args, io);
}

async function removeVersions(
  app: string,
  cloudformation: CloudFormationClient,
  withVersions: boolean,
  io: Io,
): Promise<void> {
  const stacks: string[] = [];
  for await (const page of paginateDescribeStacks({ client: cloudformation }, {})) {
    for (const { StackName } of page.Stacks ?? [])
      if (StackName?.startsWith(versionStackName(app, ""))) stacks.push(StackName);
  }
  if (stacks.length === 0) return;
  if (!withVersions) throw new LockstepError("VERSIONS_RUN", `Running versions: ${stacks.join(", ")}.`);
  const progress = createProgress({
    write: io.out,
    color: io.color,
    now: Date.now,
    environment: io.environment,
  });
  const limit = pLimit(DELETIONS_AT_ONCE);
  await Promise.all(
    stacks.map((stack) =>
      limit(() => progress.step(`Delete ${stack}`, () => removeStack(stack, cloudformation))),
    ),
  );
}

async function removeStack(stack: string, cloudformation: CloudFormationClient): Promise<void> {
  if (!(await deleteStack(stack, { cloudformation, clock: systemClock })))
    throw new LockstepError("STACK_NOT_DELETED", `${stack} is still being deleted.`);
}

/** Shares this process's terminal with cdk, because cdk asks before it deletes. */
async function cdkDestroy(options: readonly string[]): Promise<void> {
  const cdk = join(projectRoot, "node_modules", "aws-cdk", "bin", "cdk");
  const child = spawn(process.execPath, [cdk, "destroy", "--all", ...options], {
    cwd: projectRoot,
    stdio: "inherit",
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code !== 0) throw new CommandFailed(`cdk destroy exited with ${code}`);
}

if (import.meta.main) process.exitCode = await runDestroy(process.argv.slice(2), processIo());

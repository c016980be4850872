import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type LockstepConfig, projectRoot } from "../config/config.ts";
import { type BuildVersion, buildVersion, buildWithImage } from "../release/build/build-version.ts";
import { type GitState, readGitState } from "../release/build/git-state.ts";
import { fromSavedBuild, gitStateOf, readOwnBuild, readSavedBuild } from "../release/build/saved-build.ts";
import type { WebFile } from "../release/build/web-files.ts";
import { findImage, IMAGE_DIGEST } from "../release/image/find-image.ts";
import type { ReleaseResult } from "../release/publish/bring-to-users.ts";
import { release } from "../release/release.ts";
import { resumeRelease } from "../release/resume.ts";
import type { ReadContext } from "../versions/context.ts";
import { readAccount } from "./caller.ts";
import { endOnSignals } from "./end-on-signals.ts";
import { type Io, processIo, runCommandLine } from "./run-command-line.ts";
import { actorName, withSession } from "./session.ts";
import { versionArgument } from "./version-argument.ts";
import { nextCommandsIn } from "./view/next-command.ts";
import { createProgress } from "./view/progress.ts";
import { releaseSummary } from "./view/release-summary.ts";

interface ReleaseArguments {
  allowDirty?: boolean;
  promote: boolean;
  resume?: string | true;
  image?: string;
  skipBuild?: string;
  reason?: string;
  json?: boolean;
}

/** `npm run release`. @returns the exit code */
export function runRelease(args: readonly string[], io: Io): Promise<number> {
  const program = new Command("release")
    .description("Build a version, make it current, and keep the previous version for its open pages.")
    .option("--no-promote", "create and publish the version, but keep the current version for new pages")
    .addOption(
      new Option("--resume [id]", "resume the newest release that was killed, or the release of this version")
        .conflicts(["image", "allowDirty"])
        .argParser(versionArgument),
    )
    .option(
      "--image <digest>",
      "use an image from the repository instead of building the API",
      digestArgument,
    )
    .option("--skip-build <dir>", "release what `npm run build -- --out <dir>` built")
    .option("--allow-dirty", "release uncommitted changes")
    .option("--reason <text>", "why; recorded in the history")
    .option("--json", "print the result as JSON; progress goes to standard error")
    .option("--local", "release to the local AWS that `npm start` runs (read by run.mjs)")
    .addHelpText(
      "after",
      `
Examples:
  npm run release                                release the commit that is checked out
  npm run release -- --reason "fix the basket"
  npm run release -- --no-promote                publish only; then: npm run lockstep -- promote <id>
  npm run release -- --resume                    resume a killed release
  npm run release -- --skip-build build          release an earlier build, also from another machine
  npm run release -- --local --allow-dirty       release uncommitted changes to the local AWS
  DEMO_CONTRACT=2 npm run release -- --local     the shipped app with a breaking change`,
    )
    .action((options: ReleaseArguments) => runWith(options, io));
  return runCommandLine(program, args, io);
}

async function runWith(options: ReleaseArguments, io: Io): Promise<void> {
  const startedAt = Date.now();
  const write = options.json ? io.error : io.out;
  const progress = createProgress({ write, color: io.color, now: Date.now, environment: io.environment });
  await withSession(async (session) => {
    const { config, clock } = session;
    await progress.step("Credentials", async ({ note }) =>
      note(`account ${await readAccount(config)}, ${config.region}`),
    );
    const { promote, reason } = options;
    const context = { ...session, progress, actor: actorName(io.environment), promote, reason };
    const result =
      options.resume === undefined
        ? await release({ ...context, ...(await releaseSource(options, session)) })
        : await resumeRelease({
            ...context,
            id: options.resume === true ? undefined : options.resume,
            readBuilt: (id) => readBuilt(id, options, config),
          });
    const tookMs = clock.now() - startedAt;
    if (options.json) io.out(`${JSON.stringify(toJson(result, tookMs))}\n`);
    else
      io.out(
        `\n${releaseSummary(result, config, { now: clock.now(), tookMs, environment: io.environment })}`,
      );
  });
}

function digestArgument(value: string): string {
  if (IMAGE_DIGEST.test(value)) return value;
  throw new InvalidArgumentError(
    "Not a digest. Use sha256:<64 hex digits> or <repository>@sha256:<64 hex digits>.",
  );
}

/** Reads the files of a version that is resumed, if its build is still there. */
async function readBuilt(
  id: string,
  { skipBuild }: ReleaseArguments,
  config: LockstepConfig,
): Promise<WebFile[] | undefined> {
  const { web } = config;
  if (skipBuild === undefined) return readOwnBuild(join(projectRoot, web.folder, web.output), id, { config });
  const { id: builtAs } = await readSavedBuild(skipBuild);
  return readOwnBuild(join(skipBuild, "web"), id, { builtAs, config });
}

async function releaseSource(
  { allowDirty = false, image: wanted, skipBuild }: ReleaseArguments,
  { config, outputs }: ReadContext,
): Promise<{ build: BuildVersion; readGit: () => Promise<GitState> }> {
  const { imageRepositoryUri: repositoryUri } = outputs;
  const image =
    wanted === undefined ? undefined : await findImage(wanted, { repositoryUri, region: config.region });
  if (skipBuild === undefined)
    return {
      build: image === undefined ? buildVersion : buildWithImage(image),
      readGit: () => readGitState(projectRoot, { allowDirty }),
    };
  const kept = await readSavedBuild(skipBuild);
  return {
    build: fromSavedBuild(skipBuild, kept, image),
    readGit: async () => gitStateOf(kept, allowDirty),
  };
}

function toJson({ id, previous, page, origin, ledger }: ReleaseResult, tookMs: number) {
  return { current: ledger.current, id, previous, page, origin, tookMs };
}

if (import.meta.main) {
  endOnSignals(
    nextCommandsIn(
      "Resume with `npm run release -- --resume`, or do nothing: the next release or janitor run cleans it up.",
      process.env,
    ),
  );
  process.exitCode = await runRelease(process.argv.slice(2), processIo());
}

import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type LockstepConfig, projectRoot } from "../config/config.ts";
import { buildVersion, buildWithImage, type MakeParts } from "../release/build-version.ts";
import { findImage, IMAGE_DIGEST } from "../release/find-image.ts";
import { type GitState, readGitState } from "../release/git-state.ts";
import { fromKeptBuild, gitStateOf, readKeptBuild, readOwnBuild } from "../release/prebuilt.ts";
import { createProgress, wantsColor } from "../release/progress.ts";
import { release } from "../release/release.ts";
import { resumeRelease } from "../release/resume.ts";
import type { ReleaseResult } from "../release/to-readers.ts";
import type { WebFile } from "../release/web-files.ts";
import { readAccount } from "./caller.ts";
import { endOnSignals } from "./end-on-signals.ts";
import { releaseSummary } from "./release-summary.ts";
import { type Io, processIo, runCommandLine } from "./run-command-line.ts";
import { actorName, type Session, withSession } from "./session.ts";
import { versionArgument } from "./version-argument.ts";

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
    .description("Builds a version, brings it to readers, and keeps the one before it for its open pages.")
    .option("--no-promote", "make and publish the version; new pages go on getting the one that is current")
    .addOption(
      new Option("--resume [id]", "go on with the newest release that was killed, or with this one")
        .conflicts(["image", "allowDirty"])
        .argParser(versionArgument),
    )
    .option(
      "--image <digest>",
      "an image that is in the repository, instead of building the API",
      digestArgument,
    )
    .option("--skip-build <dir>", "what `npm run build -- --out <dir>` left, instead of building")
    .option("--allow-dirty", "release what no commit holds")
    .option("--reason <text>", "why, for the history")
    .option("--json", "print the result as JSON; progress goes to standard error")
    .option("--local", "release to the local AWS that `npm start` runs (read by run.mjs)")
    .addHelpText(
      "after",
      `
Examples:
  npm run release                                release the commit that is checked out
  npm run release -- --reason "fix the basket"
  npm run release -- --no-promote                look at it first; then: npm run lockstep -- promote <id>
  npm run release -- --resume                    go on where a killed release stopped
  npm run release -- --skip-build build          what was built before, perhaps on another machine
  npm run release -- --local --allow-dirty       try uncommitted work on the local AWS
  DEMO_CONTRACT=2 npm run release -- --local     the shipped app with a breaking change`,
    )
    .action((options: ReleaseArguments) => act(options, io));
  return runCommandLine(program, args, io);
}

async function act(options: ReleaseArguments, io: Io): Promise<void> {
  const startedAt = Date.now();
  const write = options.json ? io.error : io.out;
  const progress = createProgress({ write, color: io.color, now: Date.now });
  await withSession(async (session) => {
    const { config, clock } = session;
    await progress.step("Credentials", async ({ note }) =>
      note(`account ${await readAccount(config)}, ${config.region}`),
    );
    const { promote, reason } = options;
    const context = { ...session, progress, actor: actorName(io.environment), promote, reason };
    const result =
      options.resume === undefined
        ? await release({ ...context, ...(await whatToRelease(options, session)) })
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
    "It is no digest: sha256: and 64 hex digits, with its repository and @ before it or not.",
  );
}

/** Where the build of a version that is resumed may still lie. */
async function readBuilt(
  id: string,
  { skipBuild }: ReleaseArguments,
  config: LockstepConfig,
): Promise<WebFile[] | undefined> {
  const { web } = config;
  if (skipBuild === undefined) return readOwnBuild(join(projectRoot, web.folder, web.output), id, { config });
  const { id: builtAs } = await readKeptBuild(skipBuild);
  return readOwnBuild(join(skipBuild, "web"), id, { builtAs, config });
}

async function whatToRelease(
  { allowDirty = false, image: wanted, skipBuild }: ReleaseArguments,
  { config, outputs }: Session,
): Promise<{ makeParts: MakeParts; readGit: () => Promise<GitState> }> {
  const { imageRepositoryUri: repositoryUri } = outputs;
  const image =
    wanted === undefined ? undefined : await findImage(wanted, { repositoryUri, region: config.region });
  if (skipBuild === undefined)
    return {
      makeParts: image === undefined ? buildVersion : buildWithImage(image),
      readGit: () => readGitState(projectRoot, { allowDirty }),
    };
  const kept = await readKeptBuild(skipBuild);
  return {
    makeParts: fromKeptBuild(skipBuild, kept, image),
    readGit: async () => gitStateOf(kept, allowDirty),
  };
}

function toJson({ id, previous, page, origin, ledger }: ReleaseResult, tookMs: number) {
  return { current: ledger.current, id, previous, page, origin, tookMs };
}

if (import.meta.main) {
  endOnSignals(
    "Go on with it by: npm run release -- --resume. Or leave it: the next release or the janitor ends it.",
  );
  process.exitCode = await runRelease(
    process.argv.slice(2),
    processIo(wantsColor(process.stdout, process.env)),
  );
}

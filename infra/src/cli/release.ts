import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { Command } from "commander";
import { createProgress, wantsColor } from "../release/progress.ts";
import { release } from "../release/release.ts";
import { releaseSummary } from "./release-summary.ts";
import { type Io, processIo, runCommandLine } from "./run-command-line.ts";
import { actorName, withSession } from "./session.ts";

interface ReleaseArguments {
  allowDirty?: boolean;
  reason?: string;
  json?: boolean;
}

/** `npm run release`. @returns the exit code */
export function runRelease(args: readonly string[], io: Io): Promise<number> {
  const program = new Command("release")
    .description("Builds a version, brings it to readers, and keeps the one before it for its open pages.")
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
  npm run release -- --local --allow-dirty       try uncommitted work on the local AWS
  DEMO_CONTRACT=2 npm run release -- --local     the shipped app with a breaking change`,
    )
    .action((options: ReleaseArguments) => act(options, io));
  return runCommandLine(program, args, io);
}

async function act(options: ReleaseArguments, io: Io): Promise<void> {
  const startedAt = Date.now();
  const progress = createProgress({
    write: options.json ? io.error : io.out,
    color: io.color,
    now: Date.now,
  });
  await withSession(async (session) => {
    const { config, clock } = session;
    await progress.step("Credentials", async (note) => note(await whereTo(config.region)));
    const result = await release({
      ...session,
      actor: actorName(io.environment),
      reason: options.reason,
      allowDirty: options.allowDirty ?? false,
      progress,
    });
    const { id, previous, page, origin } = result;
    const tookMs = clock.now() - startedAt;
    if (options.json)
      io.out(`${JSON.stringify({ current: result.ledger.current, id, previous, page, origin, tookMs })}\n`);
    else
      io.out(
        `\n${releaseSummary(result, config, { now: clock.now(), tookMs, environment: io.environment })}`,
      );
  });
}

/** The account that would be changed: the one thing one wants to see before it is. */
async function whereTo(region: string): Promise<string> {
  const sts = new STSClient({ region });
  try {
    return `account ${(await sts.send(new GetCallerIdentityCommand({}))).Account}, ${region}`;
  } finally {
    sts.destroy();
  }
}

if (import.meta.main) {
  // At once, whatever is in flight: every step is one that the next run understands, so there is nothing to wait for.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      process.stderr.write("\nInterrupted. What was begun is ended by the next release or by the janitor.\n");
      process.exit(130);
    });
  process.exitCode = await runRelease(
    process.argv.slice(2),
    processIo(wantsColor(process.stdout, process.env)),
  );
}

import { Command } from "commander";
import { wantsColor } from "../release/progress.ts";
import { runNow, showPlan } from "./janitor.ts";
import { type Io, processIo, runCommandLine } from "./run-command-line.ts";
import { showVersions } from "./versions.ts";

/** `npm run lockstep -- <command>`. @returns the exit code */
export function runLockstep(args: readonly string[], io: Io): Promise<number> {
  const program = new Command("lockstep")
    .description("Shows and tends the versions of the app in lockstep.config.ts.")
    .option("--local", "the local AWS that `npm start` runs (read by run.mjs)")
    .addHelpText(
      "after",
      `
Examples:
  npm run lockstep -- versions
  npm run lockstep -- versions --json
  npm run lockstep -- janitor plan --local`,
    );
  program
    .command("versions")
    .description("the versions: state, age, tasks, and how long each stays")
    .option("--json", "for machines")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- versions")
    .action((options) => showVersions(options, io));
  const janitor = program
    .command("janitor")
    .description("what retires versions that nobody needs")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run lockstep -- janitor plan\n  npm run lockstep -- janitor run",
    );
  janitor
    .command("plan")
    .description("says what the janitor would do now, and why; changes nothing")
    .option("--json", "for machines")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- janitor plan")
    .action((options) => showPlan(options, io));
  janitor
    .command("run")
    .description("runs the janitor now and says what it did")
    .option("--json", "for machines")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- janitor run")
    .action((options) => runNow(options, io));
  return runCommandLine(program, args, io);
}

if (import.meta.main)
  process.exitCode = await runLockstep(
    process.argv.slice(2),
    processIo(wantsColor(process.stdout, process.env)),
  );

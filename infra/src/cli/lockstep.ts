import { Command } from "commander";
import { addDoctor } from "./doctor.ts";
import { endOnSignals } from "./end-on-signals.ts";
import { addExplain } from "./explain.ts";
import { addHistory } from "./history.ts";
import { addJanitor } from "./janitor.ts";
import { addOperations } from "./operations.ts";
import { addPageScript } from "./page-script.ts";
import { type Io, processIo, runCommandLine } from "./run-command-line.ts";
import { addVersions } from "./versions.ts";

/** `npm run lockstep -- <command>`. @returns the exit code */
export function runLockstep(args: readonly string[], io: Io): Promise<number> {
  const program = new Command("lockstep")
    .description("Show and manage the versions of the app in lockstep.config.ts.")
    .option("--local", "use the local AWS that `npm start` runs (read by run.mjs)")
    .addHelpText(
      "after",
      `
Exit codes: 0 done, 1 failed, 2 wrong use, 128 + n ended by signal n.

Examples:
  npm run lockstep -- versions
  npm run lockstep -- rollback
  npm run lockstep -- explain /api/orders --header x-lockstep-version=20261122-101500-1f3a9c2
  npm run lockstep -- doctor
  npm run lockstep -- janitor plan --local`,
    );
  addVersions(program, io);
  addHistory(program, io);
  addOperations(program, io);
  addExplain(program, io);
  addDoctor(program, io);
  addJanitor(program, io);
  addPageScript(program, io);
  return runCommandLine(program, args, io);
}

if (import.meta.main) {
  if (!process.argv.includes("watch")) endOnSignals("Run the command again to continue.");
  process.exitCode = await runLockstep(process.argv.slice(2), processIo());
}

import { type Command, InvalidArgumentError } from "commander";
import { headline, readVersions } from "./read-versions.ts";
import type { Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";
import { nextCommand } from "./view/next-command.ts";
import { renderTable } from "./view/versions-table.ts";
import { watchVersions } from "./watch.ts";

/** `lockstep versions`, `lockstep watch` */
export function addVersions(program: Command, io: Io): void {
  program
    .command("versions")
    .description("list the versions: state, age, who, tasks, requests, and when each expires")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- versions")
    .action((options: { json?: boolean }) => showVersions(options, io));
  program
    .command("watch")
    .description("list the versions, live; end with Ctrl-C")
    .option("--every <seconds>", "time between two reads", seconds, 2)
    .option("--json", "print a line of JSON after every change")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- watch")
    .action((options: { every: number; json?: boolean }) => watchVersions(options, io));
}

function seconds(value: string): number {
  const parsed = Number(value);
  if (parsed >= 1 && parsed <= 3600) return parsed;
  throw new InvalidArgumentError("Not a number of seconds from 1 to 3600.");
}

async function showVersions({ json }: { json?: boolean }, io: Io): Promise<void> {
  await withSession(async (session) => {
    const listing = await readVersions(session);
    if (json) return io.out(`${JSON.stringify(listing)}\n`);
    const next = listing.current ? "npm run lockstep -- janitor plan" : "npm run release";
    const table =
      listing.versions.length === 0
        ? ""
        : `\n${renderTable(listing.versions, session.clock.now(), io.color)}`;
    io.out(`${headline(listing)}\n${table}\nNext: ${nextCommand(next, io.environment)}\n`);
  });
}

import type { Command } from "commander";
import { readHistory } from "../lifecycle/history.ts";
import type { HistoryEntry } from "../lifecycle/ledger.ts";
import type { Io } from "./run-command-line.ts";
import { withSession } from "./session.ts";
import { versionArgument } from "./version-argument.ts";
import { nextCommand } from "./view/next-command.ts";

interface HistoryArguments {
  version?: string;
  all?: boolean;
  json?: boolean;
}

const SHOWN = 30;

/** `lockstep history` */
export function addHistory(program: Command, io: Io): void {
  program
    .command("history")
    .description("show who did what, when and why; newest last")
    .option("--version <id>", "only the entries of this version", versionArgument)
    .option("--all", `show all entries instead of the last ${SHOWN}`)
    .option("--json", "print all entries as JSON")
    .addHelpText("after", "\nExample:\n  npm run lockstep -- history --version 20261122-101500-1f3a9c2")
    .action((options: HistoryArguments) => showHistory(options, io));
}

async function showHistory({ version, all, json }: HistoryArguments, io: Io): Promise<void> {
  await withSession(async ({ clients, outputs, lifecycle }) => {
    const ledger = await lifecycle.store.read();
    // Older entries are in separate objects, which are read only if they are needed.
    const entries =
      all || json || version
        ? await readHistory(ledger, { s3: clients.s3, bucket: outputs.stateBucket })
        : ledger.history;
    const wanted = entries.filter((entry) => version === undefined || entry.version === version);
    if (json) return io.out(`${JSON.stringify({ revision: ledger.revision, history: wanted })}\n`);
    const shown = all ? wanted : wanted.slice(-SHOWN);
    const lines = shown.length === 0 ? ["The history is empty."] : shown.map(historyLine);
    io.out(`${lines.join("\n")}\n\nNext: ${nextCommand("npm run lockstep -- versions", io.environment)}\n`);
  });
}

/** `2026-11-22 10:15:03Z  promote      20261122-101500-1f3a9c2  ada  fix the basket` */
export function historyLine({ at, event, version = "", actor, reason }: HistoryEntry): string {
  const time = new Date(at).toISOString().slice(0, 19).replace("T", " ");
  return `${time}Z  ${event.padEnd(12)} ${version.padEnd(23)}  ${actor}${reason === undefined ? "" : `  ${reason}`}`;
}

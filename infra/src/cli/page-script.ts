import { Argument, type Command } from "commander";
import { switchPageScript } from "../lifecycle/switch-page-script.ts";
import { nextCommand } from "./next-command.ts";
import type { Io } from "./run-command-line.ts";
import { actorName, withSession } from "./session.ts";

interface PageScriptArguments {
  reason?: string;
  json?: boolean;
}

/** `lockstep page-script off` and `on` */
export function addPageScript(program: Command, io: Io): void {
  program
    .command("page-script")
    .description("switches the page script off in every page, or on again, without a release")
    .addArgument(new Argument("<wanted>", "what it is to be").choices(["off", "on"]))
    .option("--reason <text>", "why, for the history")
    .option("--json", "for machines")
    .addHelpText("after", '\nExample:\n  npm run lockstep -- page-script off --reason "breaks the checkout"')
    .action((wanted: "off" | "on", options: PageScriptArguments) => setPageScript(wanted, options, io));
}

/** The ledger first, then the pointer, from which the edge answers the status check. */
async function setPageScript(
  wanted: "off" | "on",
  { reason, json }: PageScriptArguments,
  io: Io,
): Promise<void> {
  await withSession(async ({ lifecycle, clock }) => {
    const actor = actorName(io.environment);
    await lifecycle.store.update((ledger) =>
      switchPageScript(ledger, wanted, { actor, reason }, clock.now()),
    );
    await lifecycle.writePointer();
    if (json) return io.out(`${JSON.stringify({ pageScript: wanted })}\n`);
    const other = wanted === "off" ? "on" : "off";
    const told =
      wanted === "off"
        ? "The page script is off. Open pages put the browser's own functions back when they next ask for the status; until it is on again they have the cookie alone."
        : "The page script is on, for pages that are loaded from now on. A browser that was told it is off hears it on its next page, and pins from the one after.";
    io.out(
      `${told}\nNext: ${nextCommand(`npm run lockstep -- page-script ${other}`, io.environment)} takes it back.\n`,
    );
  });
}

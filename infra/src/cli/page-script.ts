import { Argument, type Command } from "commander";
import { switchPageScript } from "../lifecycle/switch-page-script.ts";
import type { Io } from "./run-command-line.ts";
import { actorName, withSession } from "./session.ts";
import { nextCommand } from "./view/next-command.ts";

interface PageScriptArguments {
  reason?: string;
  json?: boolean;
}

/** `lockstep page-script off` and `on` */
export function addPageScript(program: Command, io: Io): void {
  program
    .command("page-script")
    .description("switch the page script off in all pages, or on again, without a release")
    .addArgument(new Argument("<wanted>", "the new setting").choices(["off", "on"]))
    .option("--reason <text>", "why; recorded in the history")
    .option("--json", "print JSON")
    .addHelpText("after", '\nExample:\n  npm run lockstep -- page-script off --reason "breaks the checkout"')
    .action((wanted: "off" | "on", options: PageScriptArguments) => setPageScript(wanted, options, io));
}

/** Changes the ledger, then the pointer, from which the edge answers the status check. */
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
    const text =
      wanted === "off"
        ? "The page script is off. Open pages restore the native browser APIs at their next status check. Until you switch it on again, requests are pinned by the cookie only."
        : "The page script is on for pages that are loaded from now on. A browser in which it was off reads this with its next page, and pins requests from the page after that.";
    io.out(
      `${text}\nNext: ${nextCommand(`npm run lockstep -- page-script ${other}`, io.environment)} (to undo this)\n`,
    );
  });
}
